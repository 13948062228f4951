import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { geglu } from './geglu.ts';
import { gegluReference } from './reference.ts';

const gpu = await openGpu();

test.each([
  { why: 'a single value', rows: 1, dim: 1, size: 1, threads: 64 },
  { why: 'a row one longer than the workgroup', rows: 3, dim: 65, size: 4, threads: 64 },
  { why: 'a row that ends inside the workgroup', rows: 2, dim: 172, size: 1, threads: 32 },
  { why: 'gates so large that exp would overflow', rows: 2, dim: 64, size: 1e4, threads: 64 },
])('matches the reference for $why', async ({ rows, dim, size, threads }) => {
  const gateUp = randomFloats(rows * 2 * dim, size);

  const [out] = await runKernel(gpu, geglu, { rows, dim, threads }, [
    gateUp,
    { write: Float32Array, length: rows * dim },
  ]);

  expect(relativeError(out!, gegluReference(gateUp, rows, dim))).toBeLessThan(1e-6);
});
