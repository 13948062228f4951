import { expect, test } from 'vitest';
import { openGpu, randomFloats, runKernel } from '../../test/gpu.ts';
import { narrow, widen } from './hidden.ts';
import { fromF16, toF16 } from './reference.ts';

const gpu = await openGpu();

const SIZES = [
  { why: 'a pair', rows: 1, dim: 2 },
  { why: 'a workgroup and one pair more', rows: 5, dim: 26 },
];
const EDGES = [0, -0, 1, -1, 65_504, -65_504, 2 ** -14, 2 ** -24, 3 * 2 ** -25, 1 / 3];

test.each(SIZES)('f16 of the reference, nearest and ties to even, for $why', async ({ rows, dim }) => {
  const x = randomFloats(rows * dim, 8);
  x.set(EDGES.slice(0, x.length));
  const [words] = await runKernel(gpu, narrow, { rows, dim }, [
    x,
    { write: Uint32Array, length: (rows * dim) / 2 },
    Uint32Array.of(rows, 0, 0, 0),
  ]);
  const halves = new Uint16Array(Uint32Array.from(words!).buffer);
  expect([...halves]).toEqual([...x].map(toF16));
});

test('what f16 cannot hold is infinite, and its neighbour as it was', async () => {
  const x = Float32Array.of(65_505, 1, 2, -1e30);
  const [words] = await runKernel(gpu, narrow, { rows: 1, dim: 4 }, [
    x,
    { write: Uint32Array, length: 2 },
    Uint32Array.of(1, 0, 0, 0),
  ]);
  const halves = [...new Uint16Array(Uint32Array.from(words!).buffer)].map(fromF16);
  expect(halves.map(Math.abs)).toEqual([Number.POSITIVE_INFINITY, 1, 2, Number.POSITIVE_INFINITY]);
});

test.each(SIZES)('what was narrowed is widened to the same values, for $why', async ({ rows, dim }) => {
  const halves = Uint16Array.from([...EDGES, ...randomFloats(rows * dim, 100)].slice(0, rows * dim), toF16);
  const [x] = await runKernel(gpu, widen, { rows, dim }, [
    new Uint32Array(halves.buffer),
    { write: Float32Array, length: rows * dim },
    Uint32Array.of(rows, 0, 0, 0),
  ]);
  // -0 and 0 are one
  expect([...x!].map((value) => value + 0)).toEqual([...halves].map((half) => fromF16(half) + 0));
});
