import { expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { textAttentionReference } from './reference.ts';
import { textAttention } from './text-attention.ts';

const gpu = await openGpu();

const grouped = { heads: 6, kvHeads: 2, headDim: 20, isCausal: false, window: 0 };
const cases = [
  { why: 'a text of one row', lengths: [1], ...grouped },
  { why: 'texts of several lengths, past a workgroup', lengths: [9, 3, 1, 14], ...grouped },
  { why: 'rows that see only those before them', lengths: [9, 4], ...grouped, isCausal: true },
  { why: 'an even window to both sides', lengths: [3, 17], ...grouped, window: 6 },
  { why: 'an odd window to both sides', lengths: [17], ...grouped, window: 5 },
  { why: 'a window of those before', lengths: [17, 2], ...grouped, isCausal: true, window: 5 },
  { why: 'the largest head', lengths: [3, 5], ...grouped, heads: 2, kvHeads: 1, headDim: 256 },
];

async function attend(c: Omit<(typeof cases)[number], 'why'>, size: number) {
  const { lengths, heads, kvHeads, headDim } = c;
  const rows = lengths.reduce((a, b) => a + b);
  const shape = { ...c, rows, scale: 1 / Math.sqrt(headDim), threads: 8 };
  const qkv = randomFloats(rows * (heads + 2 * kvHeads) * headDim, size);
  const step = lengths.flatMap((length, text) =>
    Array.from({ length }, (_, position) => [1, position, text, text]).flat(),
  );
  let row = -1;
  const outputs = lengths.flatMap((length, text) => [text, length - 1, (row += length), 0]);
  // Room for a row past the last shows that nothing is written there
  const width = heads * headDim;
  const [out] = await runKernel(gpu, textAttention(shape), shape, [
    qkv,
    Uint32Array.from(step),
    Uint32Array.from(outputs),
    { write: Float32Array, length: (rows + 1) * width },
    new Uint32Array([rows, 0, 0, 0]),
  ]);
  expect(out!.slice(rows * width).every(Number.isNaN)).toBe(true);
  return relativeError(out!.slice(0, rows * width), textAttentionReference(qkv, lengths, shape));
}

test.each(cases)('matches the reference for $why', async (c) => {
  expect(await attend(c, 2)).toBeLessThan(1e-5);
});

test('scores in the hundreds neither overflow nor lose the highest', async () => {
  expect(await attend(cases[1]!, 20)).toBeLessThan(1e-4);
});
