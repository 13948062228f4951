import { expect, test } from 'vitest';
import { openGpu, randomFloats, runKernel } from '../../test/gpu.ts';
import { cap } from './cap.ts';
import { capReference } from './reference.ts';

const gpu = await openGpu();

test.each([
  { why: 'values far below the cap', rows: 1, dim: 1, size: 0.1 },
  { why: 'values about it', rows: 3, dim: 65, size: 60 },
  { why: 'values so large that their exponentials overflow', rows: 2, dim: 7, size: 1e6 },
])('matches the reference for $why', async ({ rows, dim, size }) => {
  const start = randomFloats(rows * dim, size);
  const x = { write: Float32Array, length: start.length, start };
  const [out] = await runKernel(gpu, cap, { rows, dim, cap: 30, threads: 64 }, [x]);
  // tanh is made of exponentials, whose difference is as exact as they are, not as it is small
  const expected = capReference(start, 30);
  const errors = expected.map((value, i) => Math.abs(out![i]! - value));
  expect(Math.max(...errors)).toBeLessThan(30 * 1e-6);
});
