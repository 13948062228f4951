import { describe, expect, test } from 'vitest';
import { openGpu } from '../../test/gpu.ts';
import { expectProducts } from '../mat-vec/check.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import type { Arithmetic } from '../quants/weights.ts';
import { MAT_MUL_TUNING, type MatMulTuning, matMul } from './mat-mul.ts';

const gpu = await openGpu();

describe.each<Arithmetic>(['f32', 'f16'])('%s', (arithmetic) => {
  const lacking = arithmetic === 'f16' && !gpu.has('shader-f16') ? ' (the adapter lacks shader-f16)' : '';
  const formats = quantFormats.filter(({ wgslF16 }) => arithmetic === 'f32' || wgslF16);
  // Tiles of 16 by 16
  const tuning: MatMulTuning = { sideN: 2, sideM: 2 };

  test.skipIf(lacking).for(formats.map((format) => [format.name, format] as const))(
    `multiplies rows of %s${lacking}`,
    async ([, format]) => {
      const k = format.blockValues === 256 ? 512 : 96;
      const shape = { rows: 5, k, n: 7, add: false, tuning };
      await expectProducts(gpu, matMul(format, arithmetic), format, arithmetic, shape);
    },
  );

  test.skipIf(lacking).for([
    { why: 'rows that end inside a unit', format: 'F16', rows: 3, k: 172, n: 3 },
    {
      why: 'several tiles that are not square, the last ones past the ends',
      format: 'Q4_0',
      rows: 9,
      k: 64,
      n: 33,
      tuning: { sideN: 4, sideM: 1 },
    },
    { why: 'tiles as large as on a GPU', format: 'Q4_0', rows: 9, k: 64, n: 11, tuning: MAT_MUL_TUNING },
    {
      why: 'a part of a larger output, added to it',
      format: 'F16',
      rows: 2,
      k: 36,
      n: 4,
      add: true,
      outStride: 11,
      outOffset: 5,
    },
  ])(`multiplies $why${lacking}`, async ({ why: _, format, ...shape }) => {
    const type = quantFormat(format)!;
    await expectProducts(gpu, matMul(type, arithmetic), type, arithmetic, { add: false, tuning, ...shape });
  });
});

test('there is no f16 for types with values that f16 does not hold', () => {
  for (const name of ['F32', 'BF16', 'Q8_K', 'MXFP4'])
    expect(() => matMul(quantFormat(name)!, 'f16')).toThrow('has no f16 variant');
});
