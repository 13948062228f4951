import { expect, test } from 'vitest';
import { progressInWords } from './words.ts';

test('progress is a percentage that is never rounded up, or bytes', () => {
  expect(progressInWords(999, 1000)).toBe('99 %');
  expect(progressInWords(2048, undefined)).toBe('2 KB');
});
