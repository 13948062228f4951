import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { countPages, shuffledPages } from '../kv/reference.ts';
import { shortConvReference } from './reference.ts';
import { shortConv, shortConvKeep } from './short-conv.ts';

const gpu = await openGpu();

interface Row {
  sequence: number;
  position: number;
}

const upTo = (sequence: number, from: number, end: number): Row[] =>
  Array.from({ length: end - from }, (_, i) => ({ sequence, position: from + i }));

test.each<{ why: string; dim: number; taps: number; lengths: number[]; steps: Row[][] }>([
  { why: 'one position', dim: 5, taps: 3, lengths: [1], steps: [upTo(0, 0, 1)] },
  {
    why: 'prompts in chunks, one of them in two places of a step, pages shorter than the taps',
    dim: 7,
    taps: 6,
    lengths: [11, 9],
    steps: [
      [...upTo(0, 0, 4), ...upTo(1, 0, 2), ...upTo(0, 4, 6)],
      [...upTo(1, 2, 9), ...upTo(0, 6, 11)],
    ],
  },
  {
    why: 'row by row',
    dim: 9,
    taps: 3,
    lengths: [6, 3],
    steps: [0, 1, 2, 3, 4, 5].map((n) => [...upTo(0, n, n + 1), ...(n < 3 ? upTo(1, n, n + 1) : [])]),
  },
])('matches the reference for $why', async ({ dim, taps, lengths, steps }) => {
  const shape = { dim, taps, page: 4, maxPages: 3, threads: 4, kvHeads: 1, headDim: dim };
  const pages = shuffledPages(lengths, shape);
  const weight = randomFloats(dim * taps, 1, 5);
  const texts = lengths.map((length, i) => randomFloats(length * 3 * dim, 1, 10 + i));
  const expected = texts.map((bcx) => shortConvReference(bcx, weight, shape));

  const cached = { write: Float32Array, length: countPages(lengths, 4) * 4 * dim };
  let inputs: Float32Array = new Float32Array(cached.length).fill(Number.NaN);
  for (const rows of steps) {
    const bcx = Float32Array.from(
      rows.flatMap(({ sequence, position }) => [
        ...texts[sequence]!.subarray(position * 3 * dim, (position + 1) * 3 * dim),
      ]),
    );
    const step = Uint32Array.from(rows.flatMap(({ sequence, position }) => [1, position, sequence, 0]));
    const sized = { ...shape, rows: rows.length };
    [inputs] = (await runKernel(gpu, shortConvKeep, sized, [
      bcx,
      pages,
      step,
      { ...cached, start: inputs },
    ])) as [Float32Array];
    const out = { write: Float32Array, length: rows.length * dim };
    const [actual] = await runKernel(gpu, shortConv, sized, [bcx, weight, inputs, pages, step, out]);
    const wanted = rows.flatMap(({ sequence, position }) => [
      ...expected[sequence]!.subarray(position * dim, (position + 1) * dim),
    ]);
    expect(relativeError(actual!, wanted)).toBeLessThan(1e-6);
  }
});
