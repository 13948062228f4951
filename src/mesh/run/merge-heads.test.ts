import fc from 'fast-check';
import { expect, test } from 'vitest';
import { headPart, mergeHeads, mergeParts } from './merge-heads.ts';

/** As one machine would: sorted, and with every probability by its definition, in shifted f64. */
function solo(logits: readonly number[], k: number) {
  const shift = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - shift), 0);
  const top = logits
    .map((logit, id) => ({ id, logit, probability: Math.exp(logit - shift) / total }))
    .filter(({ logit }) => logit > Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.logit - a.logit || a.id - b.id)
    .slice(0, k);
  return { logSumExp: shift + Math.log(total), top };
}

function cut(logits: readonly number[], at: readonly number[], k: number) {
  const bounds = [0, ...new Set(at.map((part) => part % (logits.length + 1))), logits.length].sort(
    (a, b) => a - b,
  );
  return bounds.slice(1).map((end, i) => headPart(logits.slice(bounds[i], end), bounds[i]!, k));
}

// Few values, so that there are ties; some so large that exp alone would overflow
const logit = fc.oneof(
  fc.double({ min: -60, max: 60, noNaN: true }),
  fc.constantFrom(0, 1, 900, -900, Number.NEGATIVE_INFINITY),
);

test('however a vocabulary is cut, the head is that of one machine', () => {
  fc.assert(
    fc.property(
      fc.array(logit, { minLength: 1, maxLength: 60 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      fc.integer({ min: 1, max: 12 }),
      (logits, at, k) => {
        const merged = mergeHeads(cut(logits, at, k), k);
        if (logits.every((value) => value === Number.NEGATIVE_INFINITY)) {
          expect(merged).toBeUndefined();
          return;
        }
        const right = solo(logits, k);
        expect(merged!.logSumExp).toBeCloseTo(right.logSumExp, 9);
        expect(merged!.top.map(({ id }) => id)).toEqual(right.top.map(({ id }) => id));
        for (const [i, { probability }] of merged!.top.entries())
          expect(probability).toBeCloseTo(right.top[i]!.probability, 12);
      },
    ),
  );
});

test('parts may be merged in any shape of tree', () => {
  const logits = Array.from({ length: 40 }, (_, i) => 30 * Math.sin(i * 1.7));
  const [a, b, c] = cut(logits, [9, 23], 5);
  const left = mergeParts(mergeParts(a!, b!, 5), c!, 5);
  const right = mergeParts(a!, mergeParts(b!, c!, 5), 5);
  expect(left.top).toEqual(right.top);
  expect(left.max).toBe(right.max);
  expect(left.sum).toBeCloseTo(right.sum, 12);
});
