import { describe, test } from 'vitest';
import { openGpu } from '../../test/gpu.ts';
import { expectProducts } from '../mat-vec/check.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import {
  FEW_ROWS_TUNING,
  MAT_MUL_DP4A_TUNING,
  type MatMulDp4aTuning,
  matMulDp4a,
  NARROW_TUNING,
} from './mat-mul-dp4a.ts';

const gpu = await openGpu();

describe('in int8', () => {
  // Tiles of 8 by 8
  const tuning: MatMulDp4aTuning = { sideN: 2, sideM: 2, eachN: 4, eachM: 4, slices: 1, depth: 2 };

  test.each(quantFormats.filter(({ wgslDp4a }) => wgslDp4a).map((format) => ({ name: format.name, format })))(
    'multiplies rows of $name',
    async ({ format }) => {
      const k = format.blockValues === 256 ? 512 : 96;
      const shape = { rows: 5, k, n: 7, add: false };
      await expectProducts(gpu, matMulDp4a(format, tuning), format, 'dp4a', shape);
    },
  );

  test.each([
    {
      why: 'several tiles that are not square, the last ones past the ends',
      rows: 9,
      k: 160,
      n: 33,
      tuning: { sideN: 4, sideM: 1, eachN: 8, eachM: 4, slices: 1, depth: 3 },
    },
    {
      why: 'tiles that teams share, though some find no values left and copies do not come out even',
      rows: 9,
      k: 160,
      n: 5,
      tuning: { sideN: 1, sideM: 2, eachN: 3, eachM: 8, slices: 3, depth: 1 },
    },
    {
      why: 'a part of a larger output, added to it',
      rows: 2,
      k: 32,
      n: 4,
      add: true,
      outStride: 11,
      outOffset: 5,
    },
  ])('multiplies $why', async ({ why: _, tuning: own = tuning, ...shape }) => {
    const format = quantFormat('Q4_0')!;
    await expectProducts(gpu, matMulDp4a(format, own), format, 'dp4a', { add: false, ...shape });
  });

  // Hundreds of threads that wait for each other take a CPU ten seconds
  test.skipIf(gpu.isSoftware).for([
    ['many rows', MAT_MUL_DP4A_TUNING],
    ['few', FEW_ROWS_TUNING],
    ['few of few weights', NARROW_TUNING],
  ] as const)('multiplies tiles as on a GPU: for %s', async ([, own]) => {
    const format = quantFormat('Q6_K')!;
    const shape = { rows: 77, k: 768, n: 130, add: false };
    await expectProducts(gpu, matMulDp4a(format, own), format, 'dp4a', shape);
  });
});
