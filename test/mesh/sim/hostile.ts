import type { MeshLane } from '../../../src/mesh/link.ts';
import type { SimMachine } from './machine.ts';
import type { SimLink } from './network.ts';
import type { World } from './world.ts';

const LANES: MeshLane[] = ['control', 'activation', 'bulk'];

/** From now on, what this machine sends is sometimes not what it should be: repeated, cut off, mixed up, made up. */
export function makeHostile(machine: SimMachine, world: World, say: (line: string) => void): void {
  const { random } = world;
  const addLink = machine.addLink.bind(machine);
  const sent: [MeshLane, Uint8Array<ArrayBuffer>][] = [];
  machine.addLink = (link: SimLink) => {
    const send = link.send.bind(link);
    link.send = (lane, frame) => {
      if (sent.length < 64) sent.push([lane, frame.slice()]);
      const kind = random();
      if (kind < 0.01) say(`${machine.traits.name} sends a frame that is cut off`);
      send(lane, kind < 0.01 ? frame.slice(0, Math.floor(random() * frame.length)) : frame);
      if (kind > 0.99) {
        // Everything once more, however old
        const again = sent[Math.floor(random() * sent.length)]!;
        send(again[0], again[1].slice());
      } else if (kind > 0.985) {
        say(`${machine.traits.name} sends noise`);
        const noise = Uint8Array.from({ length: Math.floor(random() * 200) }, () =>
          Math.floor(random() * 256),
        );
        send(LANES[Math.floor(random() * LANES.length)]!, noise);
      }
    };
    addLink(link);
  };
}
