import { expect, test } from 'vitest';
import { openGpu, randomFloats, runKernel } from '../../test/gpu.ts';
import { LIKELIEST_SCRATCH_BYTES, likeliestPick, likeliestScan, MOST_LIKELIEST } from './likeliest.ts';
import { likeliestReference } from './reference.ts';

const gpu = await openGpu();

const UNTOUCHED = 0xffffffff;

test.each([
  { why: 'a few of many', vocab: 999, counts: [5], parts: 7, threads: 4 },
  { why: 'as many as there may be', vocab: 301, counts: [20], parts: 5, threads: 8 },
  {
    why: 'those of sequences that want some, and of no others',
    vocab: 100,
    counts: [3, 0, 20, 1],
    parts: 3,
    threads: 4,
  },
  { why: 'a vocabulary smaller than the list', vocab: 8, counts: [20], parts: 2, threads: 2 },
  { why: 'more parts than tokens', vocab: 3, counts: [2], parts: 8, threads: 1 },
  { why: 'the single token there is', vocab: 1, counts: [1], parts: 1, threads: 4 },
  { why: 'all of one part and one thread', vocab: 50, counts: [20], parts: 1, threads: 1 },
])('matches the reference for $why', async ({ vocab, counts, parts, threads }) => {
  const rows = counts.map((_, i) => [...randomFloats(vocab, 4, i + 1)]);
  await expectLists(rows, counts, { parts, threads });
});

test.each([
  {
    why: 'equals, by their ids across parts and threads',
    logits: filled(40, 1, { 3: 2, 17: 2, 39: 2, 0: -5 }),
  },
  { why: 'logits that are all equal', logits: filled(33, -2) },
  { why: 'a peak beside which all else is nearly nothing', logits: filled(64, 0, { 50: 60 }) },
  { why: 'logits far from zero', logits: filled(64, -20_000, { 9: -19_990, 10: -19_991 }) },
  { why: 'negative zero beside zero', logits: filled(30, -1, { 4: -0, 2: 0, 7: -0 }) },
])('matches the reference for $why', async ({ logits }) => {
  for (const threads of [1, 4]) await expectLists([logits], [20], { parts: 5, threads });
});

/** One output of a sequence of its own for each row, in the reverse order, so that one cannot pass for the other. */
async function expectLists(
  rows: readonly number[][],
  counts: readonly number[],
  division: { parts: number; threads: number },
): Promise<void> {
  const vocab = rows[0]!.length;
  const last = rows.length - 1;
  const shape = { outputs: rows.length, vocab, ...division };
  const outputs = Uint32Array.from(rows.flatMap((_, i) => [last - i, 0, 0, 0]));
  const wanted = Uint32Array.from(counts);
  const logits = Float32Array.from(rows.flat());
  const words = { write: Uint32Array, length: (rows.length * LIKELIEST_SCRATCH_BYTES) / 4 };
  const [scratch] = await runKernel(gpu, likeliestScan, shape, [outputs, wanted, logits, words]);
  const [lists] = await runKernel(gpu, likeliestPick, shape, [
    outputs,
    wanted,
    scratch as unknown as Uint32Array,
    { write: Uint32Array, length: rows.length * MOST_LIKELIEST * 2 },
  ]);
  const ids = lists as unknown as Uint32Array;
  const logprobs = new Float32Array(ids.buffer, ids.byteOffset, ids.length);
  for (const [i, row] of rows.entries()) {
    const expected = likeliestReference([...Float32Array.from(row)], counts[last - i]!);
    const at = i * MOST_LIKELIEST;
    const places = expected.map((_, place) => (at + place) * 2);
    expect(places.map((word) => ids[word])).toEqual(expected.map(({ id }) => id));
    for (const [place, { logprob }] of expected.entries())
      expect(Math.abs(logprobs[places[place]! + 1]! - logprob)).toBeLessThan(
        1e-5 * Math.max(1, Math.abs(logprob)) + 2e-5,
      );
    const rest = ids.slice((at + expected.length) * 2, (at + MOST_LIKELIEST) * 2);
    expect(rest.every((word) => word === UNTOUCHED)).toBe(true);
  }
}

/** `length` times `value`, but for some places. */
function filled(length: number, value: number, others: Record<number, number> = {}): number[] {
  return Array.from({ length }, (_, i) => others[i] ?? value);
}
