import { describe, expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { measured } from '../../test/measured.ts';
import type { Kernel, KernelFeature } from '../kernel.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import type { QuantFormat } from '../quants/format.ts';
import { LOSSES, randomInput, randomRoutes, randomStack } from './check.ts';
import { expertDown } from './expert-down.ts';
import { type ExpertMatMulTuning, expertMatMul, pairsInTile } from './expert-mat-mul.ts';
import { expertMatVec } from './expert-mat-vec.ts';
import { group, tileCount } from './group.ts';
import { dotReference } from './reference.ts';
import type { ExpertInput, StackShape, StackVariant } from './stack.ts';

const gpu = await openGpu();

interface Sizes extends StackShape {
  rows: number;
  used: number;
  /** Of the layer. */
  all: number;
  share: number;
  outStride: number;
  outOffset: number;
}

const SIZES = {
  rows: 3,
  used: 2,
  all: 3,
  firstExpert: 0,
  experts: 3,
  n: 6,
  span: 3,
  share: 2,
  outStride: 6,
  outOffset: 0,
};
const kOf = ({ blockValues }: QuantFormat) => (blockValues === 256 ? 512 : 96);

/** Runs a kernel of pairs, and compares all of `out` with the reference, what it must leave alone included. */
async function expectProducts<Shape>(
  kernel: Kernel<Shape>,
  shape: Shape,
  format: QuantFormat,
  input: ExpertInput,
  sizes: Sizes,
  tile?: number,
) {
  const { rows, used, all, k, n, firstExpert, experts, share, outStride, outOffset } = sizes;
  const stack = randomStack(format, sizes);
  const x = randomInput(input, (rows * used) / share, k);
  const { pairs, given } = randomRoutes(rows, used, all);
  const start = randomFloats(pairs.length * outStride, 1, 7);

  const out = { write: Float32Array, length: start.length, start };
  const places = tile === undefined ? [given] : await tilesOf(given, rows, used, all, tile);
  const [written] = await runKernel(gpu, kernel, shape, [
    stack.quants,
    stack.scales,
    x.given,
    out,
    ...places,
  ]);

  const expected = Float64Array.from(start);
  for (const [pair, { expert }] of pairs.entries()) {
    if (expert < firstExpert || expert >= firstExpert + experts) continue;
    const w = stack.weightsOf(expert - firstExpert);
    for (let row = 0; row < n; row++)
      expected[pair * outStride + outOffset + row] = dotReference(
        w,
        row,
        x.values.subarray(Math.floor(pair / share) * k),
        0,
        k,
      );
  }
  const error = relativeError(written!, expected);
  if (input === 'f32') measured('type', format.name, 'experts', error);
  expect(error).toBeLessThan(LOSSES[input]);
}

async function tilesOf(given: Uint32Array, rows: number, used: number, experts: number, tile: number) {
  const [order, tiles] = (await runKernel(gpu, group, { rows, used, experts, tile, threads: 4 }, [
    given,
    { write: Uint32Array, length: rows * used },
    { write: Uint32Array, length: 4 * tileCount({ rows, used, experts, tile }) },
    Uint32Array.of(rows),
  ])) as unknown as Uint32Array[];
  return [tiles!, order!];
}

const lacks = (needs: readonly KernelFeature[] = []) => {
  const missing = needs.filter((feature) => !gpu.has(feature));
  return missing.length > 0 ? ` (the adapter lacks ${missing.join(' and ')})` : '';
};
const computes = (input: ExpertInput) => (format: QuantFormat) =>
  input === 'f32' || (input === 'f16' ? format.wgslF16 : format.wgslDp4a) !== undefined;

const TUNING = { lanes: 4, teams: 2, subgroup: 4 };
const ALONE = { lanes: 1, teams: 4, subgroup: 4 };
const TILES: ExpertMatMulTuning = { sideN: 2, sideM: 1, depth: 2 };

const VARIANTS: StackVariant[] = [
  { input: 'f32', team: 'alone' },
  { input: 'f32', team: 'subgroup' },
  { input: 'f32', team: 'workgroup' },
  { input: 'f16', team: 'subgroup' },
  { input: 'int8', team: 'subgroup' },
  { input: 'int8', team: 'workgroup' },
];

describe.each(VARIANTS)('of $input, $team', (variant) => {
  const { input, team } = variant;
  const missing = lacks(expertMatVec(quantFormat('Q8_0')!, variant).needs);
  // How threads add up is the same for all types: of each arithmetic one way is shown for all, others for a few
  const isOfAll = team === 'subgroup' ? input !== 'f32' : team === 'alone';
  const isShown = ({ name }: QuantFormat) => isOfAll || ['Q8_0', 'Q4_K', 'Q6_K'].includes(name);
  const formats = quantFormats.filter(computes(input)).filter(isShown);
  const tuning = team === 'alone' ? ALONE : TUNING;

  test.skipIf(missing).for(formats.map((format) => [format.name, format] as const))(
    `mat-vec and down multiply rows of %s${missing}`,
    async ([, format]) => {
      const sizes = { ...SIZES, k: kOf(format) };
      await expectProducts(expertMatVec(format, variant), { ...sizes, tuning }, format, input, sizes);
      await expectDown(format, variant, { ...sizes, n: 5, span: 5 });
    },
  );

  test.skipIf(missing)(`a stack leaves alone the pairs of experts that others have${missing}`, async () => {
    const format = quantFormat('Q8_0')!;
    const parts = { ...SIZES, k: 64, rows: 4, all: 5, firstExpert: 2, experts: 2 };
    const sizes = { ...parts, share: 1, outStride: 11, outOffset: 4 };
    await expectProducts(expertMatVec(format, variant), { ...sizes, tuning }, format, input, sizes);
    await expectDown(format, variant, { ...parts, n: 5, span: 5 }, { add: true, hasBias: true });
    await expectDown(format, variant, { ...parts, n: 5, span: 5 }, { weighted: false, hasBias: true });
  });

  async function expectDown(
    format: QuantFormat,
    variant: StackVariant,
    sizes: Sizes,
    { add = false, weighted = true, hasBias = false } = {},
  ) {
    const { rows, used, all, k, n, firstExpert, experts } = sizes;
    const stack = randomStack(format, sizes);
    const x = randomInput(input, rows * used, k);
    const { pairs, given } = randomRoutes(rows, used, all);
    const start = randomFloats(rows * n, 1, 7);
    const bias = randomFloats(all * n, 1, 9);
    const shape = { ...sizes, add, weighted, hasBias, tuning };
    const [out] = await runKernel(gpu, expertDown(format, variant), shape, [
      stack.quants,
      stack.scales,
      x.given,
      { write: Float32Array, length: start.length, start },
      given,
      bias,
    ]);

    const expected = Float64Array.from(start, (value) => (add ? value : 0));
    for (const [pair, { expert, weight }] of pairs.entries()) {
      if (expert < firstExpert || expert >= firstExpert + experts) continue;
      const w = stack.weightsOf(expert - firstExpert);
      for (let row = 0; row < n; row++) {
        const product = dotReference(w, row, x.values.subarray(pair * k), 0, k);
        expected[Math.floor(pair / used) * n + row]! +=
          (weighted ? weight : 1) * (product + (hasBias ? bias[expert * n + row]! : 0));
      }
    }
    expect(relativeError(out!, expected)).toBeLessThan(LOSSES[input]);
  }
});

describe.each<ExpertInput>(['f32', 'f16', 'int8'])('mat-mul of %s', (input) => {
  const missing = lacks(input === 'f16' ? ['shader-f16'] : []);
  const multiply = async (format: QuantFormat, sizes: Sizes, tuning = TILES) => {
    const shape = { ...sizes, allExperts: sizes.all };
    await expectProducts(
      expertMatMul(format, input, tuning),
      shape,
      format,
      input,
      sizes,
      pairsInTile(input, tuning),
    );
  };

  test
    .skipIf(missing)
    .for(quantFormats.filter(computes(input)).map((format) => [format.name, format] as const))(
    `multiplies rows of %s${missing}`,
    ([, format]) => multiply(format, { ...SIZES, k: kOf(format) }),
  );

  // As on a GPU. Many threads that wait for each other take a CPU long
  const isSlow = input === 'int8' && gpu.isSoftware;
  test.skipIf(missing || isSlow)(`multiplies tiles of 32 pairs${missing}`, () => {
    const tuning = input === 'int8' ? { sideN: 16, sideM: 8, depth: 2 } : { sideN: 8, sideM: 4, depth: 1 };
    const sizes = { ...SIZES, k: 64, rows: 21, n: 70, span: 35, outStride: 70 };
    return multiply(quantFormat('Q8_0')!, sizes, tuning);
  });

  test.skipIf(missing)(`multiplies several tiles an expert, in a part of the outputs${missing}`, () =>
    multiply(quantFormat('Q8_0')!, {
      ...SIZES,
      k: 64,
      rows: 13,
      all: 4,
      firstExpert: 1,
      experts: 2,
      n: 38,
      span: 19,
      outStride: 41,
      outOffset: 2,
    }),
  );
});
