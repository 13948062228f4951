import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { Beat } from '../messages/control.ts';
import { BEAT_MS, Membership, type MembershipEvent } from './membership.ts';

const self = 'self' as PeerId;
const other = 'other' as PeerId;

function room() {
  const clock = new ManualClock();
  const events: MembershipEvent[] = [];
  const sent: { peer: PeerId; beat: Beat }[] = [];
  const goodbyes: PeerId[] = [];
  const membership = new Membership({
    self,
    clock,
    incarnation: 1,
    describe: () => ({ ...silence, name: 'me' }),
    links: () => [{ peer: other, rttMs: 2 }],
    sendBeat: (peer, beat) => sent.push({ peer, beat }),
    sendLeaving: (peer) => goodbyes.push(peer),
    onEvent: (event) => events.push(event),
  });
  membership.start();
  let beat = 0;
  const hear = (changes: Partial<Beat> = {}) =>
    membership.onBeat(other, {
      ...silence,
      incarnation: 1,
      beat: beat++,
      rtts: [{ peer: self, rttMs: 2 }],
      ...changes,
    });
  return { clock, events, sent, goodbyes, membership, hear };
}

const silence: Omit<Beat, 'incarnation' | 'beat' | 'rtts'> = {
  name: 'other',
  gpu: 'none',
  isSharing: true,
  freeBytes: 0,
  bytesPerMs: 1,
  speeds: [],
  queue: 0,
  load: 0,
  planHash: 0,
  grant: '',
  worksFor: [],
  tokensPerSecond: 0,
  standing: [],
  pieces: [],
};

test('says who it is and whom it hears, twice a second', () => {
  const { clock, sent, hear } = room();
  hear();
  clock.go(3 * BEAT_MS);
  expect(sent.map(({ beat }) => beat.beat)).toEqual([0, 1, 2, 3]);
  expect(sent.at(-1)!.beat).toMatchObject({ incarnation: 1, rtts: [{ peer: other, rttMs: 2 }] });
});

describe('a machine that is silent', () => {
  test.each([0, 1, 120, 250, 499])('%i ms after our beat is gone 1.5 s after its last', (phase) => {
    const { clock, events, hear, membership } = room();
    clock.go(phase);
    hear();
    clock.go(3 * BEAT_MS - 1);
    expect(membership.get(other)).toMatchObject({ isSuspect: true });
    clock.go(1);
    expect(membership.members).toEqual([]);
    expect(events.at(-1)).toMatchObject({
      kind: 'gone',
      because: expect.stringContaining('three heartbeats'),
    });
  });

  test('is kept in the room by nothing but newer beats', () => {
    const { clock, hear, membership } = room();
    hear({ beat: 9 });
    for (let i = 0; i < 3; i++) {
      clock.go(500);
      hear({ beat: 9 });
    }
    expect(membership.members).toEqual([]);
  });

  test('is no ghost: its late beats do not bring it back, newer ones do', () => {
    const { clock, hear, membership } = room();
    hear({ beat: 5 });
    clock.go(2_000);
    hear({ beat: 5 });
    hear({ beat: 4 });
    expect(membership.members).toEqual([]);
    hear({ beat: 6 });
    expect(membership.members).toHaveLength(1);
  });
});

test('a machine that has started anew takes its own place', () => {
  const { events, hear, membership } = room();
  hear({ incarnation: 4, beat: 90 });
  hear({ incarnation: 5, beat: 0, name: 'anew' });
  hear({ incarnation: 4, beat: 91 });
  expect(membership.members).toMatchObject([{ beat: { name: 'anew' } }]);
  expect(events.map(({ kind }) => kind)).toEqual(['joined', 'restarted']);
});

test('a goodbye counts at once, but not one of an earlier life', () => {
  const { hear, membership } = room();
  hear({ incarnation: 2 });
  membership.onLeaving(other, 1);
  expect(membership.members).toHaveLength(1);
  membership.onLeaving(other, 2);
  expect(membership.members).toEqual([]);
});

test('a machine that hears us no more is not relied on, though we hear it', () => {
  const { clock, hear, membership } = room();
  hear();
  for (let i = 0; i < 4; i++) {
    clock.go(BEAT_MS);
    hear({ rtts: [] });
  }
  expect(membership.get(other)).toMatchObject({ isSuspect: true });
  hear();
  expect(membership.get(other)).toMatchObject({ isSuspect: false });
});

test('while this machine sleeps, nobody else is late', () => {
  const { clock, hear, membership } = room();
  hear();
  clock.go(2 * BEAT_MS);
  hear();
  clock.sleep(60_000);
  clock.go(1);
  expect(membership.members).toHaveLength(1);
  clock.go(3 * BEAT_MS);
  expect(membership.members).toEqual([]);
});

test('says goodbye when it leaves, and nothing after', () => {
  const { clock, goodbyes, membership, sent } = room();
  membership.stop();
  expect(goodbyes).toEqual([other]);
  const before = sent.length;
  clock.go(5 * BEAT_MS);
  expect(sent).toHaveLength(before);
});

test('a room holds no more machines than it may', () => {
  const { membership } = room();
  for (let i = 0; i < 100; i++)
    membership.onBeat(`${i}` as PeerId, { ...silence, incarnation: 1, beat: 0, rtts: [] });
  expect(membership.members).toHaveLength(31);
});
