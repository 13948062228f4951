import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { layerNorm } from './layer-norm.ts';
import { layerNormReference } from './reference.ts';

const gpu = await openGpu();

test.each([
  { why: 'a single value, which is its own mean', rows: 1, dim: 1, size: 1, offset: 0, threads: 1 },
  { why: 'a row one short of the workgroup', rows: 3, dim: 63, size: 1, offset: 0, threads: 64 },
  {
    why: 'a row that is not a multiple of the workgroup',
    rows: 2,
    dim: 288,
    size: 1,
    offset: 0,
    threads: 64,
  },
  { why: 'values so small that eps decides', rows: 1, dim: 64, size: 1e-3, offset: 0, threads: 4 },
  { why: 'a mean far from what differs from it', rows: 2, dim: 100, size: 1, offset: 100, threads: 1 },
])('matches the reference for $why', async ({ rows, dim, size, offset, threads }) => {
  const start = randomFloats(rows * dim, size).map((value) => value + offset);
  const [weight, bias] = [randomFloats(dim, 1, 5), randomFloats(dim, 1, 6)];
  // A row past the last shows that nothing is normed there
  const guarded = Float32Array.from([...start, ...new Float32Array(dim).fill(7)]);

  const [x] = await runKernel(gpu, layerNorm, { rows, dim, eps: 1e-5, threads }, [
    Float32Array.from([...weight, ...bias]),
    { write: Float32Array, length: guarded.length, start: guarded },
  ]);

  // Numbers near 100 in f32 say what differs from their mean in five digits
  const limit = offset === 0 ? 1e-6 : 1e-4;
  expect(
    relativeError(x!.slice(0, start.length), layerNormReference(start, weight, bias, 1e-5)),
  ).toBeLessThan(limit);
  expect([...x!.slice(start.length)]).toEqual([...guarded.slice(start.length)]);
});
