import { describe, expect, test } from 'vitest';
import { openGpu, randomFloats, runKernel } from '../../test/gpu.ts';
import { rmsNormReference } from '../rms-norm/reference.ts';
import { swigluReference } from '../swiglu/reference.ts';
import { quantize, quantizedBytes, rmsNormQuantize, swigluQuantize } from './quantize.ts';
import { expectQuantized } from './check.ts';
import { packQuantized, quantizeReference, unpackQuantized } from './reference.ts';

const gpu = await openGpu();

const cases = [
  { why: 'a single unit', rows: 1, dim: 32, threads: 8 },
  { why: 'an odd number of units', rows: 3, dim: 96, threads: 16 },
  { why: 'a row longer than the workgroup, which does not divide it', rows: 2, dim: 288, threads: 32 },
];

describe('quantize', () => {
  test.each(cases)('rounds $why', async ({ rows, dim, threads }) => {
    const x = randomFloats(rows * dim);
    // Units of their own size each, one of zeros
    for (let i = 0; i < x.length; i++) x[i]! *= i < 32 ? 1 : 10 ** ((Math.floor(i / 32) % 7) - 3);
    if (rows > 1) x.fill(0, 32, 64);
    const out = { write: Uint32Array, length: (rows * quantizedBytes(dim)) / 4 };

    const [words] = await runKernel(gpu, quantize, { rows, dim, threads }, [x, out]);

    expectQuantized(words as unknown as Uint32Array, x, rows, dim);
  });

  test('zeros and what is too small to divide by become zeros', async () => {
    const x = new Float32Array(64).fill(1e-38, 32);
    const [words] = await runKernel(gpu, quantize, { rows: 1, dim: 64, threads: 8 }, [
      x,
      { write: Uint32Array, length: quantizedBytes(64) / 4 },
    ]);
    expect([...words!]).toEqual(Array.from({ length: 20 }, () => 0));
  });

  test('the reference packs as it unpacks', () => {
    const quantized = quantizeReference(randomFloats(192), 2, 96);
    expect(unpackQuantized(packQuantized(quantized, 2, 96), 2, 96)).toEqual(quantized);
  });
});

test.each(cases)('SwiGLU, quantized, of $why', async ({ rows, dim, threads }) => {
  const gateUp = randomFloats(rows * 2 * dim, 4);
  const [words] = await runKernel(gpu, swigluQuantize, { rows, dim, threads }, [
    gateUp,
    { write: Uint32Array, length: (rows * quantizedBytes(dim)) / 4 },
  ]);
  expectQuantized(words as unknown as Uint32Array, swigluReference(gateUp, rows, dim), rows, dim);
});

test.each(cases)('RMS norm, quantized, of $why', async ({ rows, dim, threads }) => {
  const x = randomFloats(rows * dim, 3);
  const weight = randomFloats(dim, 2, 5);
  const [words] = await runKernel(gpu, rmsNormQuantize, { rows, dim, eps: 1e-5, threads }, [
    x,
    weight,
    { write: Uint32Array, length: (rows * quantizedBytes(dim)) / 4 },
  ]);
  expectQuantized(words as unknown as Uint32Array, rmsNormReference(x, weight, rows, dim, 1e-5), rows, dim);
});
