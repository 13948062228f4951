import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { bias } from './bias.ts';
import { biasReference } from './reference.ts';

const gpu = await openGpu();

test.each([
  { why: 'a single value', rows: 1, dim: 1 },
  { why: 'a row one longer than the workgroup', rows: 3, dim: 65 },
  { why: 'a row that ends inside the workgroup', rows: 2, dim: 48 },
])('is added to every row: $why', async ({ rows, dim }) => {
  const start = randomFloats(rows * dim);
  const values = randomFloats(dim, 3, 7);

  // A row past the last shows that nothing is added there
  const guarded = Float32Array.from([...start, ...new Float32Array(dim).fill(7)]);
  const [x] = await runKernel(gpu, bias, { rows, dim, threads: 64 }, [
    values,
    { write: Float32Array, length: guarded.length, start: guarded },
  ]);

  expect(relativeError(x!.slice(0, start.length), biasReference(start, values))).toBeLessThan(1e-6);
  expect([...x!.slice(start.length)]).toEqual([...guarded.slice(start.length)]);
});
