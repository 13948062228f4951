import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { rmsNormReference } from './reference.ts';
import { rmsNorm } from './rms-norm.ts';

const gpu = await openGpu();

test.each([
  { why: 'a single value', rows: 1, dim: 1, size: 1, threads: 1 },
  { why: 'a row one short of the workgroup', rows: 3, dim: 63, size: 1, threads: 64 },
  { why: 'a row that is not a multiple of the workgroup', rows: 2, dim: 288, size: 1, threads: 64 },
  { why: 'values so small that eps decides', rows: 1, dim: 64, size: 1e-3, threads: 4 },
  { why: 'values so large that their squares are far from 1', rows: 2, dim: 100, size: 1e4, threads: 1 },
])('matches the reference for $why', async ({ rows, dim, size, threads }) => {
  const x = randomFloats(rows * dim, size);
  const weight = randomFloats(dim);
  const shape = { rows, dim, eps: 1e-5, threads };

  const [out] = await runKernel(gpu, rmsNorm, shape, [
    x,
    weight,
    { write: Float32Array, length: rows * dim },
  ]);

  expect(relativeError(out!, rmsNormReference(x, weight, rows, dim, 1e-5))).toBeLessThan(1e-6);
});

test('adds to what is there where that is wanted', async () => {
  const [rows, dim] = [2, 40];
  const x = randomFloats(rows * dim);
  const weight = randomFloats(dim);
  const start = randomFloats(rows * dim, 1, 9);

  const [out] = await runKernel(gpu, rmsNorm, { rows, dim, eps: 1e-5, threads: 4, add: true }, [
    x,
    weight,
    { write: Float32Array, length: rows * dim, start },
  ]);

  const normed = rmsNormReference(x, weight, rows, dim, 1e-5);
  expect(
    relativeError(
      out!,
      normed.map((value, i) => value + start[i]!),
    ),
  ).toBeLessThan(1e-6);
});
