import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import { type FakeChannel, lossyChannels, seeded } from '../../../test/fakes/lossy-channels.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { MeshLane } from '../link.ts';
import { ChannelLink } from './channel-link.ts';

function linkPair() {
  const clock = fakeClock();
  const random = seeded(1);
  const calm = () => lossyChannels(clock, random, { delayMs: 1 });
  const [control, bulk, first, second] = [calm(), calm(), calm(), calm()];
  const end = (side: 0 | 1) => {
    const channels = { control: control[side], bulk: bulk[side], activations: [first[side], second[side]] };
    const ends: string[] = [];
    const link = new ChannelLink({
      peer: 'peer' as PeerId,
      channels,
      epoch: 1,
      clock,
      onEnd: (reason) => ends.push(reason),
    });
    return { link, channels, ends };
  };
  return { clock, a: end(0), b: end(1) };
}

const LANES: MeshLane[] = ['control', 'activation', 'bulk'];

test.each(LANES)('frames of the %s lane arrive whole, in order and once', async (lane) => {
  const { a, b, clock } = linkPair();
  const got: [MeshLane, Uint8Array][] = [];
  b.link.onFrame((lane, frame) => got.push([lane, frame]));
  const frames = [0, 1, 61_439, 61_440, 61_441, 200_000].map((n) => new Uint8Array(n).fill(n));
  for (const frame of frames) a.link.send(lane, frame);
  await clock.advance(100);
  expect(got).toEqual(frames.map((frame) => [lane, frame]));
});

test('what comes before anybody listens is kept', async () => {
  const { a, b, clock } = linkPair();
  a.link.send('control', Uint8Array.of(1, 2));
  await clock.advance(10);
  const got: Uint8Array[] = [];
  b.link.onFrame((_, frame) => got.push(frame));
  expect(got).toEqual([Uint8Array.of(1, 2)]);
});

test('closing tells this side and the other, once each', async () => {
  const { a, b } = linkPair();
  const told: string[] = [];
  a.link.onClose((reason) => told.push(`a: ${reason}`));
  b.link.onClose((reason) => told.push(`b: ${reason}`));
  a.link.close('Leaving.');
  a.link.close('Leaving twice.');
  expect(told.sort()).toEqual(['a: Leaving.', 'b: The connection to the peer was closed.']);
  expect([a.ends, b.ends]).toEqual([['Leaving.'], ['The connection to the peer was closed.']]);
  a.link.onClose((reason) => told.push(`late: ${reason}`));
  expect(told).toContain('late: Leaving.');
});

test('bulk that the channel does not take waits here, is counted, and goes on when there is room', async () => {
  const { a, b, clock } = linkPair();
  const sizes: number[] = [];
  b.link.onFrame((_, frame) => sizes.push(frame.length));
  a.channels.bulk.bufferedAmount = 2 ** 20;
  a.link.send('bulk', new Uint8Array(300_000));
  expect(a.link.bufferedBytes).toBe(2 ** 20 + 300_000);
  a.channels.bulk.bufferedAmount = 0;
  a.channels.bulk.onbufferedamountlow?.(new Event('bufferedamountlow'));
  await clock.advance(5);
  expect(sizes).toEqual([300_000]);
});

test('bulk holds back while activations flow', async () => {
  const { a, clock } = linkPair();
  const room = (held: number) => {
    const before = a.channels.bulk.sentBytes;
    a.channels.bulk.bufferedAmount = held;
    a.link.send('bulk', new Uint8Array(10));
    const wasSent = a.channels.bulk.sentBytes > before;
    a.channels.bulk.bufferedAmount = 0;
    a.channels.bulk.onbufferedamountlow?.(new Event('bufferedamountlow'));
    return wasSent;
  };
  expect(room(100_000)).toBe(true);
  a.link.send('activation', new Uint8Array(10));
  expect(room(100_000)).toBe(false);
  await clock.advance(300);
  expect(room(100_000)).toBe(true);
});

test.each([
  { why: 'a frame that is too long', bytes: [1, 255, 255, 255, 255, 0], says: 'more than this lane takes' },
  { why: 'a chunk of no frame', bytes: [0, 1], says: 'in the middle' },
  { why: 'more than it announced', bytes: [1, 0, 0, 0, 1, 5, 5], says: 'more than the frame' },
  { why: 'another version', bytes: [9, 1], says: 'another version' },
  { why: 'nothing', bytes: [], says: 'empty' },
])('a peer that sends $why is dropped with the reason', async ({ bytes, says }) => {
  const { a, b, clock } = linkPair();
  a.channels.control.send(Uint8Array.from(bytes));
  await clock.advance(5);
  expect(b.ends.join()).toContain(says);
});

test('no bytes on any channel throw, and none make a buffer that was not announced within limits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(3), fc.uint8Array({ maxLength: 60 })), { maxLength: 8 }),
      async (messages) => {
        const { a, b, clock } = linkPair();
        b.link.onFrame((_, frame) => expect(frame.length).toBeLessThanOrEqual(8 * 2 ** 20));
        const all: FakeChannel[] = [a.channels.control, a.channels.bulk, ...a.channels.activations];
        for (const [which, bytes] of messages)
          if (all[which]!.readyState === 'open') all[which]!.send(Uint8Array.from(bytes));
        await clock.advance(5);
      },
    ),
    { numRuns: 200 },
  );
});
