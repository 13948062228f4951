import { describe, test } from 'vitest';
import { openGpu } from '../../test/gpu.ts';
import { expectProducts } from '../mat-vec/check.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import { MAT_MUL_DP4A_TUNING, matMulDp4a } from './mat-mul-dp4a.ts';

const gpu = await openGpu();

describe('in int8', () => {
  // Tiles of 8 by 8
  const tuning = { sideN: 2, sideM: 2, eachN: 4, depth: 2 };

  test.each(quantFormats.filter(({ wgslDp4a }) => wgslDp4a).map((format) => ({ name: format.name, format })))(
    'multiplies rows of $name',
    async ({ format }) => {
      const k = format.blockValues === 256 ? 512 : 96;
      const shape = { rows: 5, k, n: 7, add: false, tuning };
      await expectProducts(gpu, matMulDp4a(format), format, 'dp4a', shape);
    },
  );

  test.each([
    {
      why: 'several tiles that are not square, the last ones past the ends',
      rows: 9,
      k: 160,
      n: 33,
      tuning: { sideN: 4, sideM: 1, eachN: 8, depth: 3 },
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
  ])('multiplies $why', async ({ why: _, ...shape }) => {
    const format = quantFormat('Q4_0')!;
    await expectProducts(gpu, matMulDp4a(format), format, 'dp4a', { add: false, tuning, ...shape });
  });

  // Two hundred threads that wait for each other take a CPU ten seconds
  test.skipIf(gpu.isSoftware)('multiplies tiles as large as on a GPU', async () => {
    const format = quantFormat('Q6_K')!;
    const shape = { rows: 77, k: 768, n: 130, add: false, tuning: MAT_MUL_DP4A_TUNING };
    await expectProducts(gpu, matMulDp4a(format), format, 'dp4a', shape);
  });
});
