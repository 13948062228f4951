import { expect, test } from 'vitest';
import { attentionPrefill, attentionSimple } from './attention/attention.ts';
import { linearCost } from './costs.ts';
import { gateUpDp4a } from './mat-vec/gate-up-dp4a.ts';
import { quantFormat } from './quants/index.ts';

const q4 = quantFormat('Q4_0')!;

test('a matrix is read once, in the bits of its type, however many rows there are', () => {
  // 18 bytes for 32 weights in the file; on the GPU the same 16 and 2, rows of scales in whole words
  expect(linearCost(q4, { rows: 1, k: 64, n: 10 })).toEqual({
    bytes: 10 * (2 * 16 + 2 * 2) + 4 * 64 + 4 * 10,
    operations: 2 * 64 * 10,
    isInteger: false,
  });
  const many = linearCost(q4, { rows: 100, k: 64, n: 10 });
  expect(many.bytes).toBe(10 * 36 + 100 * 4 * (64 + 10));
  expect(many.operations).toBe(100 * 2 * 64 * 10);
});

test('gate and up that are made together write only their product, in int8 with its scales', () => {
  const shape = { rows: 1, k: 64, ffn: 32, tuning: { lanes: 1, cols: 1, subgroup: 32, ahead: 0 } };
  const { bytes, operations, isInteger } = gateUpDp4a(q4, 'workgroup', 'plain').cost!(shape, {
    rows: 1,
    depth: 1,
  });
  // 32 int8 and 16 bytes of scales for each 64 of them
  expect(bytes).toBe(64 * 36 + 4 * 64 + 32 + 16);
  expect(operations).toBe(2 * 64 * 64);
  expect(isInteger).toBe(true);
});

const shape = { heads: 8, kvHeads: 2, headDim: 16, scale: 1, page: 16, maxPages: 4, threads: 1 };

test.each([
  { why: 'all of it', window: 0, seen: 40 },
  { why: 'its window', window: 10, seen: 10 },
])('a decoding row reads the cache as far as it sees: $why', ({ window, seen }) => {
  const cost = attentionSimple('f16').cost!({ ...shape, rows: 1, window }, { rows: 1, depth: 40 });
  expect(cost.bytes).toBe(2 * seen * 2 * 16 * 2 + 2 * 8 * 16 * 4);
  expect(cost.operations).toBe(4 * seen * 8 * 16);
});

test("a prompt's rows each see those before them", () => {
  const cost = attentionPrefill('f32').cost!({ ...shape, tiles: 1, window: 3 }, { rows: 5, depth: 0 });
  expect(cost.operations).toBe(4 * (1 + 2 + 3 + 3 + 3) * 8 * 16);
  expect(cost.bytes).toBe(2 * 5 * 2 * 16 * 4 + 2 * 5 * 8 * 16 * 4);
});
