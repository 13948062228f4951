import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { gelu } from './gelu.ts';
import { geluReference } from './reference.ts';

const gpu = await openGpu();

test('the reference is right where tables are', () => {
  // erf(1 / sqrt 2) and erf(2 / sqrt 2): one and two standard deviations
  const [one, two, none] = geluReference(Float32Array.of(1, -2, 0), Float32Array.of(0, 0, 0));
  expect(one).toBeCloseTo(0.841344746068543, 12);
  expect(two).toBeCloseTo(-2 * 0.0227501319481792, 12);
  expect(none).toBe(0);
});

test.each([
  { why: 'a single value', rows: 1, dim: 1, size: 1, threads: 64 },
  { why: 'a row one longer than the workgroup', rows: 3, dim: 65, size: 4, threads: 64 },
  { why: 'a row that ends inside the workgroup', rows: 2, dim: 172, size: 1, threads: 32 },
  { why: 'values so large that the tail is nothing', rows: 2, dim: 64, size: 1e4, threads: 64 },
])('matches the reference for $why', async ({ rows, dim, size, threads }) => {
  const x = randomFloats(rows * dim, size);
  const bias = randomFloats(dim, 1, 8);

  const [out] = await runKernel(gpu, gelu, { rows, dim, threads }, [
    x,
    bias,
    { write: Float32Array, length: rows * dim },
  ]);

  expect(relativeError(out!, geluReference(x, bias))).toBeLessThan(1e-6);
});
