import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { headNorm } from './head-norm.ts';
import { headNormReference } from './reference.ts';

const gpu = await openGpu();

test.each([
  { why: 'one head each', rows: 1, heads: 1, kvHeads: 1, headDim: 16, size: 1, threads: 1 },
  {
    why: 'grouped heads of no power of two',
    rows: 3,
    heads: 6,
    kvHeads: 2,
    headDim: 20,
    size: 1,
    threads: 8,
  },
  { why: 'more threads than a head has', rows: 2, heads: 3, kvHeads: 1, headDim: 24, size: 1, threads: 32 },
  {
    why: 'values so small that eps decides',
    rows: 2,
    heads: 2,
    kvHeads: 1,
    headDim: 16,
    size: 1e-3,
    threads: 1,
  },
])('normalises q and k and leaves v for $why', async ({ rows, heads, kvHeads, headDim, size, threads }) => {
  const width = (heads + 2 * kvHeads) * headDim;
  const start = randomFloats(rows * width, size);
  const qWeight = randomFloats(headDim, 2, 3);
  const kWeight = randomFloats(headDim, 2, 4);
  const shape = { rows, heads, kvHeads, headDim, eps: 1e-5, threads };

  const x = { write: Float32Array, length: start.length, start };
  const [out] = await runKernel(gpu, headNorm('weights'), shape, [x, qWeight, kWeight]);

  expect(relativeError(out!, headNormReference(start, qWeight, kWeight, shape))).toBeLessThan(1e-6);
  for (let n = 0; n < rows; n++) {
    const v = [(n + 1) * width - kvHeads * headDim, (n + 1) * width] as const;
    expect([...out!.slice(...v)]).toEqual([...start.slice(...v)]);
  }
});

test('normalises without weights', async () => {
  const shape = { rows: 2, heads: 2, kvHeads: 1, headDim: 16, eps: 1e-5, threads: 1 };
  const start = randomFloats(2 * 4 * 16);
  const ones = new Float32Array(16).fill(1);
  const [out] = await runKernel(gpu, headNorm('no weights'), shape, [
    { write: Float32Array, length: start.length, start },
  ]);
  expect(relativeError(out!, headNormReference(start, ones, ones, shape))).toBeLessThan(1e-6);
});
