import { describe, expect, test } from 'vitest';
import { openGpu, randomFloats, runKernel } from '../../test/gpu.ts';
import { expectQuantized } from '../quantize/check.ts';
import { quantizedBytes } from '../quantize/quantize.ts';
import { dequantized, packQuantized, quantizeReference } from '../quantize/reference.ts';
import { quantFormat } from '../quants/index.ts';
import { dequantizeRows, randomRows } from '../quants/reference.ts';
import { swigluReference } from '../swiglu/reference.ts';
import { gateUpDp4a } from './gate-up-dp4a.ts';
import { matVecReference } from './reference.ts';

const gpu = await openGpu();

describe.each(['workgroup', 'subgroup'] as const)('gate and up in int8, %s', (team) => {
  const lacking = team === 'subgroup' && !gpu.has('subgroups') ? ' (the adapter lacks subgroups)' : '';

  test.skipIf(lacking).for([
    { why: 'a row, lanes that are idle', format: 'Q4_0', rows: 1, k: 32, ffn: 64, lanes: 2, cols: 1 },
    { why: 'two rows, of which one is there', format: 'Q4_K', rows: 1, k: 256, ffn: 32, lanes: 2, cols: 2 },
    { why: 'more rows than are taken at once', format: 'Q6_K', rows: 5, k: 256, ffn: 96, lanes: 1, cols: 4 },
    {
      why: 'teams larger than a subgroup of four',
      format: 'Q8_0',
      rows: 2,
      k: 288,
      ffn: 32,
      lanes: 8,
      cols: 2,
    },
  ])(`makes $why${lacking}`, async ({ format: name, rows, k, ffn, lanes, cols }) => {
    const format = quantFormat(name)!;
    const bytes = randomRows(format, 2 * ffn, k);
    const { quants, scales } = format.pack(bytes, 2 * ffn, k);
    // Small, so that silu is neither its argument nor zero
    const x = quantizeReference(randomFloats(rows * k, 0.02), rows, k);
    const shape = { rows, k, ffn, tuning: { lanes, cols, subgroup: 4 } };

    const [words] = await runKernel(gpu, gateUpDp4a(format, team), shape, [
      quants,
      scales,
      packQuantized(x, rows, k),
      { write: Uint32Array, length: (rows * quantizedBytes(ffn)) / 4 },
      Uint32Array.of(rows),
    ]);

    const products = matVecReference(dequantizeRows(format, bytes), dequantized(x), rows, k, 2 * ffn);
    const exact = swigluReference(Float32Array.from(products), rows, ffn);
    expect(exact.every((value) => Number.isFinite(value))).toBe(true);
    expectQuantized(words as unknown as Uint32Array, exact, rows, ffn, 1e-4);
  });
});
