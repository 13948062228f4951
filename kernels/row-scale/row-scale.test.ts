import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { rowScaleReference } from './reference.ts';
import { rowScale } from './row-scale.ts';

const gpu = await openGpu();
const SLOTS = Float32Array.of(0.5, 0, -2, 1);

/** Of rows by their sequence alone. */
const rowsOf = (sequences: number[]) =>
  Uint32Array.from(sequences.flatMap((sequence) => [0, 0, sequence, 0]));

test.each([
  { why: 'a single value', sequences: [2], dim: 1 },
  { why: 'a row one longer than the workgroup', sequences: [3, 0, 3], dim: 65 },
  { why: 'a row that ends inside the workgroup', sequences: [1, 2], dim: 48 },
])('each row by the number of its sequence: $why', async ({ sequences, dim }) => {
  const start = randomFloats(sequences.length * dim);
  // A row past the last shows that nothing is changed there
  const guarded = Float32Array.from([...start, ...new Float32Array(dim).fill(7)]);
  const shape = { rows: sequences.length, dim, factor: 3, threads: 64 };
  const [x] = await runKernel(gpu, rowScale, shape, [
    SLOTS,
    rowsOf([...sequences, 0]),
    { write: Float32Array, length: guarded.length, start: guarded },
  ]);
  const expected = rowScaleReference(
    start,
    sequences.map((sequence) => SLOTS[sequence]!),
    3,
  );
  expect(relativeError(x!.slice(0, start.length), expected)).toBeLessThan(1e-6);
  expect([...x!.slice(start.length)]).toEqual([...guarded.slice(start.length)]);
});

test('nothing is left of a row whose number is 0, not even what is no number', async () => {
  const [x] = await runKernel(gpu, rowScale, { rows: 1, dim: 3, factor: 1, threads: 64 }, [
    SLOTS,
    rowsOf([1]),
    { write: Float32Array, length: 3, start: Float32Array.of(Number.POSITIVE_INFINITY, Number.NaN, 1) },
  ]);
  expect([...x!]).toEqual([0, 0, 0]);
});
