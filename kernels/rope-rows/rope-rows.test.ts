import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { ropeReference } from '../rope/reference.ts';
import { pairFrequencies, rotationTable } from '../rope/rotation-table.ts';
import { ropeRows } from './rope-rows.ts';

const gpu = await openGpu();
const positions = [0, 3, 4, 9];

const cases = [
  { why: 'whole heads', heads: 1, kvHeads: 1, headDim: 16, rotaryDim: 16 },
  { why: 'grouped heads and a partial rotation', heads: 6, kvHeads: 2, headDim: 20, rotaryDim: 12 },
];

test.each(cases.flatMap((shape) => (['adjacent', 'halves'] as const).map((pairs) => ({ ...shape, pairs }))))(
  'turns q and k and leaves v for $why, pairs $pairs',
  async ({ heads, kvHeads, headDim, rotaryDim, pairs }) => {
    const width = (heads + 2 * kvHeads) * headDim;
    const start = randomFloats((positions.length + 1) * width);
    const frequency = { positions: 10, rotaryDim, base: 100 };
    const shape = { rows: positions.length, heads, kvHeads, headDim, rotaryDim, pairs, threads: 8 };
    const [qkv] = await runKernel(gpu, ropeRows, shape, [
      rotationTable(frequency),
      Uint32Array.from(positions.flatMap((position) => [1, position, 0, 0])),
      { write: Float32Array, length: start.length, start },
    ]);

    for (const [n, position] of positions.entries()) {
      for (let h = 0; h < heads + 2 * kvHeads; h++) {
        const at = n * width + h * headDim;
        const before = start.subarray(at, at + headDim);
        const turned = ropeReference(before, position, pairFrequencies(frequency), pairs);
        const expected = h < heads + kvHeads ? turned : before;
        expect(relativeError(qkv!.subarray(at, at + headDim), expected)).toBeLessThan(1e-6);
      }
    }
    const past = positions.length * width;
    expect([...qkv!.subarray(past)]).toEqual([...start.subarray(past)]);
  },
);
