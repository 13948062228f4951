import type { PeerId } from '../../../src/protocol/peer-id.ts';
import { withCheckedSlot } from '../../../src/mesh/trust/spot-check.ts';
import type { FakeModel } from './fake-model.ts';
import { type MachineTraits, SimMachine, type SimSizes } from './machine.ts';
import { Network } from './network.ts';
import { World } from './world.ts';

export const MODEL: FakeModel = { id: 'cd'.repeat(32), layers: 6, vocab: 50, endId: 49 };

export interface RoomSizes {
  /** Layers that each machine's memory is good for. */
  held: number[];
  msPerLayer?: number[];
  contextLength?: number;
  latencyMs?: number;
  model?: FakeModel;
  slots?: number;
}

/** A room without chance: machines that all see each other, ready to be asked. */
export class FixedRoom {
  readonly world = new World(1);
  readonly network = new Network(this.world);
  readonly machines: SimMachine[];
  readonly trace: string[] = [];
  readonly model: FakeModel;
  readonly sizes: SimSizes;
  /** Activation frames sent so far, and what is to happen before the next. */
  frames = 0;
  beforeFrame: (frame: number) => void = () => {};

  constructor({
    held,
    msPerLayer = [],
    contextLength = 128,
    latencyMs = 1,
    model = MODEL,
    slots = 4,
  }: RoomSizes) {
    this.model = model;
    this.sizes = {
      slots,
      maxRows: 32,
      contextLength,
      pageSize: 16,
      pageCount: Math.ceil(contextLength / 16) * slots,
    };
    const [pageCount] = withCheckedSlot({ ...this.sizes, pageCounts: [this.sizes.pageCount] }).pageCounts;
    const layerBytes = 1e6 + pageCount! * 16 * 1_000;
    this.machines = held.map((layers, i) => {
      const traits: MachineTraits = {
        peer: `${String.fromCharCode(97 + i).repeat(42)}A` as PeerId,
        name: String.fromCharCode(65 + i),
        heldLayers: layers,
        msPerLayer: msPerLayer[i] ?? 2,
        msPerLayerRow: (msPerLayer[i] ?? 2) * 0.03,
        memoryBytes: layers * layerBytes + 2e6 + 64 * 2 ** 20,
        offsetMs: 1e6 * i,
        rate: 1,
        isSharing: true,
      };
      return new SimMachine(this.world, traits, model, this.sizes, (line) =>
        this.trace.push(`${this.world.now.toFixed(1)} ${line}`),
      );
    });
    for (const a of this.machines)
      for (const b of this.machines) if (a !== b) this.network.setLatency(a.peer, b.peer, latencyMs);
    const carry = this.network.carry.bind(this.network);
    this.network.carry = (link, lane, frame) => {
      if (lane === 'activation') this.beforeFrame(this.frames++);
      carry(link, lane, frame);
    };
  }

  async start(): Promise<this> {
    for (const machine of this.machines) machine.boot();
    for (const [i, a] of this.machines.entries())
      for (const b of this.machines.slice(i + 1)) {
        const [there, back] = this.network.connect(a, b);
        a.addLink(there);
        b.addLink(back);
      }
    await this.world.runUntil(1_600);
    return this;
  }

  async run(ms: number): Promise<void> {
    await this.world.runUntil(this.world.now + ms);
  }
}
