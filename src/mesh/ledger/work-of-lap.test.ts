import { expect, test } from 'vitest';
import type { PeerId } from '../../protocol/peer-id.ts';
import { workOfLap } from './work-of-lap.ts';

test('counts what other machines did, and no more time than was waited for', () => {
  const [self, b, c] = ['self', 'b', 'c'] as PeerId[];
  const span = (first: number, end: number) => ({ first, end, embeds: first === 0, samples: end === 12 });
  const stages = [
    { peer: b!, span: span(0, 4) },
    { peer: self!, span: span(4, 6) },
    { peer: c!, span: span(6, 12) },
  ];
  const work = workOfLap(self!, stages, { rows: 3, ms: 40, stageMs: [10, 1, 9_000] }, 600);
  expect(work).toMatchObject([
    { peer: 'b', work: { rowLayers: 12, gpuMs: 10 } },
    { peer: 'c', work: { rowLayers: 18, gpuMs: 40 } },
  ]);
  expect(work[0]!.work.bytes).toBeGreaterThan(600);
});
