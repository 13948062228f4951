import { expect, test } from 'vitest';
import { openGpu, runKernel } from '../../test/gpu.ts';
import { packRoutes, randomRoutes } from './check.ts';
import { group, tileCount } from './group.ts';

const gpu = await openGpu();

test.each([
  { why: 'a single pair', rows: 1, used: 1, experts: 3, tile: 4 },
  { why: 'fewer pairs than experts', rows: 2, used: 2, experts: 9, tile: 4 },
  { why: 'several tiles an expert, the last ones not full', rows: 29, used: 2, experts: 3, tile: 4 },
  { why: 'more experts than threads', rows: 7, used: 3, experts: 21, tile: 2 },
])('$why: every pair is in one tile, that of its expert', async ({ rows, used, experts, tile }) => {
  const { pairs, given } = randomRoutes(rows, used, experts);
  await expectTiles(given, pairs, { rows, used, experts, tile });
});

test('all pairs may want the same expert', async () => {
  const pairs = Array.from({ length: 10 }, () => ({ expert: 2, weight: 1 }));
  await expectTiles(packRoutes(pairs), pairs, { rows: 10, used: 1, experts: 4, tile: 4 });
});

async function expectTiles(
  given: Uint32Array,
  pairs: readonly { expert: number }[],
  sizes: { rows: number; used: number; experts: number; tile: number },
) {
  const count = tileCount(sizes);
  const [order, tiles] = (await runKernel(gpu, group, { ...sizes, threads: 8 }, [
    given,
    { write: Uint32Array, length: pairs.length },
    { write: Uint32Array, length: 4 * count },
    Uint32Array.of(sizes.rows),
  ])) as unknown as Uint32Array[];

  const seen: number[] = [];
  for (let i = 0; i < count; i++) {
    const [expert, first, end] = tiles!.subarray(4 * i, 4 * i + 3) as unknown as [number, number, number];
    expect(end - first).toBeLessThanOrEqual(sizes.tile);
    for (let at = first; at < end; at++) {
      expect(pairs[order![at]!]!.expert).toBe(expert);
      seen.push(order![at]!);
    }
  }
  expect(seen.toSorted((a, b) => a - b)).toEqual(pairs.map((_, i) => i));
}
