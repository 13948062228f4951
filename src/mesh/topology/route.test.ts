import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PeerId } from '../../protocol/peer-id.ts';
import { findRoute, type Standing } from './route.ts';

const LAYERS = 5;
const peers = ['self', 'b', 'c', 'd', 'e', 'f'] as PeerId[];
const [self] = peers as [PeerId];

function cheapest(standing: readonly Standing[], hopMs: (from: PeerId, to: PeerId) => number): number {
  const go = (at: PeerId, boundary: number, costMs: number): number =>
    boundary === LAYERS
      ? costMs + hopMs(at, self)
      : Math.min(
          Number.POSITIVE_INFINITY,
          ...standing
            .filter(({ span }) => span.first === boundary)
            .map((stage) => go(stage.peer, stage.span.end, costMs + hopMs(at, stage.peer) + stage.stageMs)),
        );
  return go(self, 0, 0);
}

test('finds the way that looking at every way finds', () => {
  // One stage on each machine, so that no way could use a machine twice
  const stage = fc.record({
    first: fc.integer({ min: 0, max: LAYERS - 1 }),
    length: fc.integer({ min: 1, max: LAYERS }),
    stageMs: fc.integer({ min: 1, max: 30 }),
  });
  const hops = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 36, maxLength: 36 });
  let found = 0;
  fc.assert(
    fc.property(fc.array(stage, { minLength: 1, maxLength: 6 }), hops, (stages, hops) => {
      const standing = stages.map(({ first, length, stageMs }, i): Standing => {
        const end = Math.min(LAYERS, first + length);
        return {
          peer: peers[i]!,
          span: { first, end, embeds: first === 0, samples: end === LAYERS },
          stageMs,
        };
      });
      const hopMs = (from: PeerId, to: PeerId) => {
        const ms = hops[peers.indexOf(from) * 6 + peers.indexOf(to)]!;
        return from === to ? 0 : ms > 45 ? Number.POSITIVE_INFINITY : ms;
      };
      const best = cheapest(standing, hopMs);
      const route = findRoute(self, LAYERS, standing, hopMs);
      expect(route?.costMs ?? Number.POSITIVE_INFINITY).toBe(best);
      if (!route) return;
      found++;
      expect(route.stages.map(({ span }) => span.first)).toEqual([
        0,
        ...route.stages.slice(0, -1).map(({ span }) => span.end),
      ]);
    }),
    { numRuns: 500 },
  );
  expect(found).toBeGreaterThan(50);
});

test('a stage that embeds or samples where it should not is no part of a way', () => {
  const whole = { first: 0, end: LAYERS, embeds: true, samples: true };
  const hopMs = () => 1;
  const at = (span: Standing['span']) =>
    findRoute(self, LAYERS, [{ peer: peers[1]!, span, stageMs: 1 }], hopMs);
  expect(at(whole)?.costMs).toBe(3);
  expect(at({ ...whole, samples: false })).toBeUndefined();
  expect(at({ ...whole, embeds: false })).toBeUndefined();
});
