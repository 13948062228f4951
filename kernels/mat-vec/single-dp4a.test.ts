import { describe, expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { expectQuantized } from '../quantize/check.ts';
import { quantizedBytes } from '../quantize/quantize.ts';
import { dequantized, quantizeReference } from '../quantize/reference.ts';
import { quantFormat } from '../quants/index.ts';
import { dequantizeRows, randomRows } from '../quants/reference.ts';
import { rmsNormReference } from '../rms-norm/reference.ts';
import { swigluReference } from '../swiglu/reference.ts';
import { gateUpDp4a } from './gate-up-dp4a.ts';
import { matVecDp4a } from './mat-vec-dp4a.ts';
import { matVecReference } from './reference.ts';

const gpu = await openGpu();
const format = quantFormat('Q4_1')!;

const cases = [
  { why: 'a unit of x as it is', k: 32, input: 'plain' as const },
  { why: 'x that is longer than two for each thread', k: 288, input: 'plain' as const },
  { why: 'x after RMS norm', k: 288, input: 'normed' as const },
];

/** A row, what the kernel is given of it, and what it should make of it before it multiplies. */
function row(k: number, input: 'plain' | 'normed', size: number) {
  const x = randomFloats(k, size);
  const weight = randomFloats(k, 2, 5);
  const values = input === 'normed' ? rmsNormReference(x, weight, 1, k, 1e-5) : x;
  const made = dequantized(quantizeReference(values, 1, k));
  return { x, made, weights: input === 'normed' ? [weight] : [] };
}

describe.each(['workgroup', 'subgroup'] as const)('%s', (team) => {
  const lacking = team === 'subgroup' && !gpu.has('subgroups');
  test.skipIf(lacking).for(cases)('a mat-vec quantizes $why for itself', async ({ k, input }) => {
    const n = 5;
    const bytes = randomRows(format, n, k);
    const { quants, scales } = format.pack(bytes, n, k);
    const { x, made, weights } = row(k, input, 1);
    const tuning = { lanes: 4, teams: 2, rowsPerTeam: 1, cols: 1, subgroup: 4, ahead: 2 };
    const shape = { rows: 1, k, n, add: false, eps: 1e-5, tuning };

    const [out] = await runKernel(gpu, matVecDp4a(format, team, input), shape, [
      quants,
      scales,
      x,
      { write: Float32Array, length: n },
      Uint32Array.of(1),
      ...weights,
    ]);

    const expected = matVecReference(dequantizeRows(format, bytes), made, 1, k, n);
    expect(relativeError(out!, expected)).toBeLessThan(1e-5);
  });

  test.skipIf(lacking).for(cases)('gate and up quantize $why for themselves', async ({ k, input }) => {
    const ffn = 64;
    const bytes = randomRows(format, 2 * ffn, k);
    const { quants, scales } = format.pack(bytes, 2 * ffn, k);
    const { x, made, weights } = row(k, input, 0.02);
    const shape = { rows: 1, k, ffn, eps: 1e-5, tuning: { lanes: 1, cols: 1, subgroup: 4, ahead: 2 } };

    const [words] = await runKernel(gpu, gateUpDp4a(format, team, input), shape, [
      quants,
      scales,
      x,
      { write: Uint32Array, length: quantizedBytes(ffn) / 4 },
      Uint32Array.of(1),
      ...weights,
    ]);

    const products = matVecReference(dequantizeRows(format, bytes), made, 1, k, 2 * ffn);
    const exact = swigluReference(Float32Array.from(products), 1, ffn);
    expectQuantized(words as unknown as Uint32Array, exact, 1, ffn, 1e-4);
  });
});
