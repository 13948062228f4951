// Runs in a page: one end of an activation lane, which answers every frame with the same or measures how long that takes.
import { systemClock } from '../../src/engine/clock.ts';
import { ActivationLane } from '../../src/mesh/transport/activation-lane.ts';

const connections: RTCPeerConnection[] = [];
const channels: RTCDataChannel[] = [];
let lane: ActivationLane;
let onFrame: (frame: Uint8Array<ArrayBuffer>) => void = (frame) => lane.send(frame);

function prepare(paths: number, options: RTCDataChannelInit): void {
  for (let i = 0; i < paths; i++) {
    const connection = new RTCPeerConnection();
    const channel = connection.createDataChannel('activations', { negotiated: true, id: 5, ...options });
    channel.binaryType = 'arraybuffer';
    connections.push(connection);
    channels.push(channel);
  }
}

async function offer(i: number): Promise<RTCSessionDescriptionInit> {
  const connection = connections[i]!;
  await connection.setLocalDescription();
  await gathered(connection);
  return connection.localDescription!.toJSON();
}

async function answer(i: number, offer: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit> {
  const connection = connections[i]!;
  await connection.setRemoteDescription(offer);
  await connection.setLocalDescription();
  await gathered(connection);
  return connection.localDescription!.toJSON();
}

const accept = (i: number, answer: RTCSessionDescriptionInit) => connections[i]!.setRemoteDescription(answer);

async function openLane(): Promise<void> {
  await Promise.all(
    channels.map(
      (channel) =>
        channel.readyState === 'open' ||
        new Promise((resolve) => channel.addEventListener('open', resolve, { once: true })),
    ),
  );
  lane = new ActivationLane({
    channels,
    epoch: 1,
    clock: systemClock,
    onFrame: (frame) => onFrame(frame),
    onBroken: (reason) => console.error(reason),
  });
}

/** Round trips in milliseconds, one after the other. */
async function measureTrips(bytes: number, times: number, gapMs: number): Promise<number[]> {
  const frame = new Uint8Array(bytes).map((_, i) => i * 31);
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      onFrame = (back) =>
        back.every((byte, j) => byte === frame[j]) ? resolve() : reject(new Error('wrong'));
      lane.send(frame);
    });
    taken.push(performance.now() - start);
    if (gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
  }
  return taken;
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = () => connection.iceGatheringState === 'complete' && resolve();
    connection.addEventListener('icegatheringstatechange', look);
    look();
  });
}

const quality = () => {
  const { rttMs, jitterMs, isGuarded } = lane.quality;
  return { rttMs, jitterMs, isGuarded };
};

const page = { prepare, offer, answer, accept, openLane, measureTrips, quality };
globalThis.lanePage = page;

declare global {
  var lanePage: typeof page;
}
