import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { lossyChannels, seeded, type Weather } from '../../../test/fakes/lossy-channels.ts';
import { ActivationLane } from './activation-lane.ts';
import { encodeSlice } from './activation-wire.ts';
import { MAX_WAITING_BYTES } from './limits.ts';

const LAN: Weather = { delayMs: 1 };

/** Two ends of a lane over `paths` channels, and what came out of each. */
function lanePair(weather: Weather, { paths = 2, seed = 1 } = {}) {
  const clock = fakeClock();
  const random = seeded(seed);
  const pairs = Array.from({ length: paths }, () => lossyChannels(clock, random, weather));
  const end = (side: 0 | 1) => {
    const frames: Uint8Array[] = [];
    const broken: string[] = [];
    const channels = pairs.map((pair) => pair[side]);
    const lane = new ActivationLane({
      channels,
      epoch: 7,
      clock,
      onFrame: (frame) => frames.push(frame),
      onBroken: (reason) => broken.push(reason),
    });
    return { lane, channels, frames, broken };
  };
  return { clock, random, a: end(0), b: end(1) };
}

const frameOf = (bytes: number, seed: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + seed * 7) & 255);

test('a frame of any length comes out as it went in', async () => {
  const { a, b, clock } = lanePair(LAN);
  const sizes = [0, 1, 3_399, 3_400, 3_401, 40_960, 200_000];
  for (const [i, size] of sizes.entries()) a.lane.send(frameOf(size, i));
  await clock.advance(200);
  expect(b.frames).toEqual(sizes.map((size, i) => frameOf(size, i)));
});

test('the sender may use its buffer again at once', async () => {
  const { a, b, clock } = lanePair(LAN);
  const frame = frameOf(10_000, 3);
  a.lane.send(frame);
  frame.fill(0);
  await clock.advance(50);
  expect(b.frames).toEqual([frameOf(10_000, 3)]);
});

test.each([
  { why: 'a tenth is lost', weather: { delayMs: 2, loss: 0.1 } },
  { why: 'half is lost', weather: { delayMs: 2, loss: 0.5 } },
  { why: 'all is reordered', weather: { delayMs: 1, jitterMs: 20 } },
  { why: 'much comes twice', weather: { delayMs: 1, jitterMs: 5, twice: 0.5, loss: 0.02 } },
])('frames stay whole, in order and once while $why', async ({ weather }) => {
  for (const seed of [1, 2]) {
    const { a, b, clock, random } = lanePair(weather, { seed });
    const sizes = Array.from({ length: 25 }, () => Math.floor(random() * 12_000));
    for (const [i, size] of sizes.entries()) {
      a.lane.send(frameOf(size, i));
      b.lane.send(frameOf(size >> 1, i));
      await clock.advance(3);
    }
    await clock.advance(1_500);
    expect(b.frames).toEqual(sizes.map((size, i) => frameOf(size, i)));
    expect(a.frames).toEqual(sizes.map((size, i) => frameOf(size >> 1, i)));
    expect([...a.broken, ...b.broken]).toEqual([]);
  }
});

test('a calm network carries each byte once, over one path', async () => {
  const { a, clock } = lanePair(LAN);
  await clock.advance(100);
  const before = a.channels.map(({ sentBytes }) => sentBytes);
  for (let i = 0; i < 100; i++) {
    a.lane.send(frameOf(8_192, i));
    await clock.advance(4);
  }
  const sent = a.channels.map(({ sentBytes }, i) => sentBytes - before[i]!);
  expect(sent[0]! / (100 * 8_192)).toBeLessThan(1.02);
  expect(sent[1]).toBeLessThan(100);
});

test('a loss is made good within two round trips, and from then on most frames do not notice one', async () => {
  const { a, b, clock } = lanePair({ delayMs: 2.5, loss: 0.01 }, { paths: 4 });
  const late: number[] = [];
  for (let i = 0; i < 500; i++) {
    a.lane.send(frameOf(8_192, i));
    let waited = 0;
    while (b.frames.length <= i) {
      await clock.advance(0.5);
      waited += 0.5;
    }
    late.push(waited);
  }
  late.sort((x, y) => x - y);
  expect(a.lane.quality.isGuarded).toBe(true);
  expect(late[495]).toBeLessThan(5);
  expect(late.at(-1)).toBeLessThan(40);
});

test('a path that holds everything back is gone around', async () => {
  const { a, b, clock } = lanePair(LAN, { paths: 3 });
  a.lane.quality.isGuarded = true;
  a.channels[1]!.carry = () => {};
  a.channels[1]!.bufferedAmount = 5_000;
  for (let i = 0; i < 20; i++) a.lane.send(frameOf(8_192, i));
  await clock.advance(5);
  expect(b.frames.length).toBe(20);
});

test('the round trip is measured while nothing is sent', async () => {
  const { a, clock } = lanePair({ delayMs: 7 });
  await clock.advance(20_000);
  expect(a.lane.quality.rttMs).toBeCloseTo(14, 0);
});

test('a peer from which nothing comes back is given up with a sentence', async () => {
  const { a, clock } = lanePair({ delayMs: 1, loss: 1 });
  a.lane.send(frameOf(100, 1));
  await clock.advance(30_000);
  expect(a.broken).toEqual(['Nothing comes back from the peer.']);
});

test('what waits for a slow peer has a limit', async () => {
  const { a } = lanePair(LAN);
  for (const channel of a.channels) channel.bufferedAmount = 2 ** 20;
  const frame = new Uint8Array(32 * 2 ** 20);
  for (let bytes = 0; bytes <= MAX_WAITING_BYTES; bytes += frame.length) a.lane.send(frame);
  expect(a.broken.join()).toContain('no longer fit in memory');
});

const slice = {
  path: 0,
  epoch: 7,
  order: 0,
  frame: 0,
  frameBytes: 10,
  sliceBytes: 100,
  index: 0,
  sentAt: 1,
};
test.each([
  {
    why: 'a frame far ahead',
    bytes: [encodeSlice({ ...slice, frame: 5_000 }, new Uint8Array(10))],
    says: 'too far ahead',
  },
  {
    why: 'two sizes for a frame',
    bytes: [
      encodeSlice({ ...slice, frame: 1, frameBytes: 10 }, new Uint8Array(10)),
      encodeSlice({ ...slice, frame: 1, frameBytes: 11 }, new Uint8Array(11)),
    ],
    says: 'two sizes',
  },
  {
    why: 'more than may be under way',
    bytes: [1, 2, 3].map((frame) =>
      encodeSlice({ ...slice, frame, frameBytes: 60 * 2 ** 20, sliceBytes: 60_000 }, new Uint8Array(60_000)),
    ),
    says: 'more activations',
  },
  {
    why: 'a path that there is not',
    bytes: [encodeSlice({ ...slice, path: 9 }, new Uint8Array(10))],
    says: 'no activation',
  },
  { why: 'noise', bytes: [new Uint8Array(40).fill(3)], says: 'no activation' },
])('a peer that sends $why is dropped and told why', async ({ bytes, says }) => {
  const { a, b, clock } = lanePair(LAN);
  for (const message of bytes) a.channels[0]!.send(message);
  await clock.advance(10);
  expect(b.broken.join()).toContain(says);
});

test('what strays in from another link is no fault and no frame', async () => {
  const { a, b, clock } = lanePair(LAN);
  a.channels[0]!.send(encodeSlice({ ...slice, epoch: 6 }, new Uint8Array(10)));
  await clock.advance(10);
  expect([b.frames, b.broken]).toEqual([[], []]);
});
