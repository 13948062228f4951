import { expect, test } from 'vitest';
import { openGpu, randomFloats, runKernel } from '../../test/gpu.ts';
import { gather } from './gather.ts';
import { gatherReference } from './reference.ts';

const gpu = await openGpu();
const NONE = 0xffffffff;

test.each([
  { why: 'a single row', dim: 3, outputs: [0] },
  {
    why: 'outputs out of order, between rows that are none',
    dim: 65,
    outputs: [undefined, 1, undefined, 0, 2],
  },
])('matches the reference for $why', async ({ dim, outputs }) => {
  const x = randomFloats(outputs.length * dim);
  const rows = Uint32Array.from(outputs.flatMap((output) => [0, 0, 0, output ?? NONE]));
  const expected = gatherReference(x, outputs, dim);

  const [out] = await runKernel(gpu, gather, { rows: outputs.length, dim }, [
    x,
    rows,
    { write: Float32Array, length: expected.length },
    new Uint32Array([outputs.length, 0, 0, 0]),
  ]);

  expect([...out!]).toEqual([...expected]);
});
