import fc from 'fast-check';
import { expect, test } from 'vitest';
import { corrections, typesOf } from './corrections.ts';

/** The text with its corrections made. */
function corrected(text: string, found: ReturnType<typeof corrections>): string {
  return found.reduceRight(
    (result, { startIndex, endIndex, correction }) =>
      result.slice(0, startIndex) + correction + result.slice(endIndex),
    text,
  );
}

test('corrections, made in the text, give the corrected text', () => {
  const words = fc
    .array(fc.constantFrom('a', 'b', 'die', 'Maus', '😀', ' ', '  ', '\n', ',', '.', 'é'))
    .map((all) => all.join(''));
  fc.assert(
    fc.property(fc.oneof(words, fc.string()), fc.oneof(words, fc.string()), (before, after) => {
      const found = corrections(before, after);
      expect(corrected(before, found)).toBe(after);
      // In order, apart from each other, and none that changes nothing
      for (const [i, { startIndex, endIndex, correction }] of found.entries()) {
        expect(before.slice(startIndex, endIndex)).not.toBe(correction);
        if (i > 0) expect(startIndex).toBeGreaterThan(found[i - 1]!.endIndex);
      }
    }),
  );
});

test('each misspelt word is a correction of its own', () => {
  expect(corrections('can you profread fir me', 'Can you proofread for me?')).toEqual([
    { startIndex: 0, endIndex: 3, correction: 'Can' },
    { startIndex: 8, endIndex: 16, correction: 'proofread' },
    { startIndex: 17, endIndex: 20, correction: 'for' },
    { startIndex: 23, endIndex: 23, correction: '?' },
  ]);
});

test('a text that is too long to be compared word by word is one correction, between what is the same', () => {
  const [before, after] = ['a b '.repeat(3000), 'c d '.repeat(3000)];
  const found = corrections(`same ${before}same`, `same ${after}same`);
  expect(found).toEqual([{ startIndex: 5, endIndex: 5 + before.length - 1, correction: after.slice(0, -1) }]);
});

test.each([
  ['profread', 'proofread', ['spelling']],
  ['fir', 'for', ['spelling']],
  ['recieve', 'receive', ['spelling']],
  ['berlin', 'Berlin', ['capitalization']],
  ['', '?', ['punctuation']],
  ['dont', 'don’t', ['punctuation']],
  ['go', 'went', ['grammar']],
  ['is', 'are', ['grammar']],
  ['any where', 'anywhere', ['grammar']],
  ['hello', 'Hello,', ['punctuation', 'capitalization']],
  [' ', '', ['grammar']],
])('%o for %o is %o', (before, after, types) => {
  expect(typesOf(before, after)).toEqual(types);
});
