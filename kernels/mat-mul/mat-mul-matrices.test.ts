import { describe, expect, test } from 'vitest';
import { openGpu } from '../../test/gpu.ts';
import { expectProducts } from '../mat-vec/check.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import { MATRICES_TUNINGS, matMulMatrices } from './mat-mul-matrices.ts';

const gpu = await openGpu();
const lacking = gpu.matrices ? '' : ' (the adapter has no subgroup matrices)';
const subgroup = gpu.info.subgroupMinSize ?? 32;
const large = { ...MATRICES_TUNINGS.large, subgroup };
const small = { ...MATRICES_TUNINGS.small, subgroup };

describe('in matrices', () => {
  const formats = quantFormats.filter(({ wgslDp4a, wgslF16 }) => wgslDp4a && wgslF16);

  test.skipIf(lacking).for(formats.map((format) => [format.name, format] as const))(
    `multiplies rows of %s${lacking}`,
    async ([, format]) => {
      const k = format.blockValues === 256 ? 512 : 96;
      const shape = { rows: 5, k, n: 7, add: false };
      await expectProducts(gpu, matMulMatrices(format, small), format, 'matrices', shape);
    },
  );

  test.skipIf(lacking).for([
    {
      why: 'several large tiles, the last ones past the ends',
      rows: 200,
      k: 160,
      n: 330,
      add: false,
      tuning: large,
    },
    { why: 'several small tiles', rows: 77, k: 160, n: 130, add: false, tuning: small },
    {
      why: 'a part of a larger output, added to it',
      rows: 2,
      k: 32,
      n: 4,
      add: true,
      outStride: 11,
      outOffset: 5,
      tuning: large,
    },
  ])(`multiplies $why${lacking}`, async ({ why: _, tuning, ...shape }) => {
    const format = quantFormat('Q4_0')!;
    await expectProducts(gpu, matMulMatrices(format, tuning), format, 'matrices', shape);
  });
});

test('there are none for types with values that f16 does not hold', () => {
  expect(() => matMulMatrices(quantFormat('MXFP4')!, small)).toThrow('has no f16 variant');
});
