import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { gateAdd } from './gate-add.ts';
import { dotReference } from './reference.ts';

const gpu = await openGpu();

test.each([
  { why: 'a single value', rows: 1, dim: 1, add: false, threads: 1 },
  { why: 'a row longer than the workgroup, added', rows: 3, dim: 37, add: true, threads: 8 },
  { why: 'a row shorter than the workgroup', rows: 2, dim: 5, add: false, threads: 8 },
])('a row is scaled by its gate: $why', async ({ rows, dim, add, threads }) => {
  const [x, gate, y] = [randomFloats(rows * dim), randomFloats(dim, 3, 5), randomFloats(rows * dim, 1, 6)];
  const start = randomFloats(rows * dim, 1, 7);
  const [out] = await runKernel(gpu, gateAdd, { rows, dim, add, threads }, [
    x,
    gate,
    y,
    { write: Float32Array, length: start.length, start },
  ]);
  const expected = Float64Array.from(y, (value, i) => {
    const row = x.subarray(Math.floor(i / dim) * dim);
    const share = 1 / (1 + Math.exp(-dotReference(gate, 0, row, 0, dim)));
    return share * value + (add ? start[i]! : 0);
  });
  expect(relativeError(out!, expected)).toBeLessThan(1e-6);
});
