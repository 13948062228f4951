import { expect, test } from 'vitest';
import { bytesInWords, progressInWords } from './words.ts';

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 KB'],
  [1_500_000, '1.4 MB'],
  [20 * 2 ** 20, '20 MB'],
  [4_372_812_000, '4.1 GB'],
  [3 * 2 ** 50, '3072 TB'],
])('%i bytes are %s', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});

test('progress is a percentage that is never rounded up, or bytes', () => {
  expect(progressInWords(999, 1000)).toBe('99 %');
  expect(progressInWords(2048, undefined)).toBe('2 KB');
});
