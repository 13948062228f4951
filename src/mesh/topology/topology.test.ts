import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { Member } from '../membership/membership.ts';
import { Topology } from './topology.ts';

const [self, b, c, d] = ['self', 'b', 'c', 'd'] as [PeerId, PeerId, PeerId, PeerId];

let clock: ManualClock;
let members: Member[];
let topology: Topology;

function member(peer: PeerId, rtts: Record<string, number>, changes: Partial<Member> = {}): Member {
  const beat = {
    isSharing: true,
    freeBytes: 5,
    bytesPerMs: 1,
    speeds: [],
    queue: 0,
    load: 0,
    rtts: Object.entries(rtts).map(([peer, rttMs]) => ({ peer: peer as PeerId, rttMs })),
  };
  return { peer, isSuspect: false, beat: beat as never, ...changes };
}

beforeEach(() => {
  clock = new ManualClock();
  members = [member(b, { self: 2, c: 6 }), member(c, { self: 4, b: 8 }), member(d, { self: 1, b: 3 })];
  topology = new Topology({
    clock,
    self,
    links: () => [
      { peer: b, rttMs: 2 },
      { peer: c, rttMs: 4 },
      { peer: d, rttMs: 1 },
    ],
    members: () => members,
    describe: () => ({ peer: self, freeBytes: 1, bytesPerMs: 1, speeds: [], queue: 0, load: 0 }),
  });
});

const peers = () => topology.trusted.machines.map(({ peer }) => peer);
const hop = (from: PeerId, to: PeerId) => topology.trusted.hopMs(from, to, 0);

test('a way takes half a round trip: by our own links, or by the worse of what both ends say', () => {
  expect(hop(self, b)).toBe(1);
  expect(hop(c, self)).toBe(2);
  expect(hop(b, c)).toBe(4);
  expect(hop(b, b)).toBe(0);
});

test('a way that only one end sees is none', () => {
  expect(hop(b, d)).toBe(Number.POSITIVE_INFINITY);
});

test('bytes take what transfers have taken', () => {
  topology.measured(self, b, 1_000_000, 100);
  expect(topology.trusted.hopMs(self, b, 20_000)).toBeCloseTo(1 + 2);
  topology.measured(self, b, 1_000_000, 50);
  expect(topology.trusted.hopMs(self, b, 26_000)).toBeCloseTo(1 + 2);
});

test('who does not share, or is late, is not planned with', () => {
  members = [
    member(b, {}, { isSuspect: true }),
    { ...members[1]!, beat: { ...members[1]!.beat, isSharing: false } },
    members[2]!,
  ];
  expect(peers()).toEqual([self, d]);
});

test('what failed is left out for a while, twice as long when it fails again', () => {
  topology.avoid(b);
  expect(peers()).toEqual([self, c, d]);
  clock.go(5_000);
  expect(peers()).toContain(b);
  topology.avoid(b);
  clock.go(5_000);
  expect(peers()).not.toContain(b);
  clock.go(5_000);
  expect(peers()).toContain(b);
  // Good for as long again: as if nothing had been
  clock.go(10_001);
  expect(peers()).toContain(b);
  topology.avoid(b);
  clock.go(5_000);
  expect(peers()).toContain(b);
});

test('a way that failed is left out, and its machines are not; unless they have it in common with another', () => {
  topology.avoid(b, c);
  expect(hop(b, c)).toBe(Number.POSITIVE_INFINITY);
  expect(hop(c, b)).toBe(4);
  expect(peers()).toEqual([self, b, c, d]);
  topology.avoid(self, c);
  expect(peers()).toEqual([self, b, d]);
});

test('better what failed lately than nothing: the whole room can be had too', () => {
  topology.avoid(b);
  topology.avoid(self, c);
  expect(topology.whole.machines).toHaveLength(4);
  expect(topology.whole.hopMs(self, c, 0)).toBe(2);
});

test('a machine is as fast as its steps have been', () => {
  const pace = () => topology.whole.machines.find(({ peer }) => peer === b)!.pace;
  expect(pace()).toBe(1);
  for (let i = 0; i < 20; i++) topology.took(b, 10, 30);
  expect(pace()).toBeCloseTo(3, 1);
  topology.forget(b);
  expect(pace()).toBe(1);
});
