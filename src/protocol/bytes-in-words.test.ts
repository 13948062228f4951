import { expect, test } from 'vitest';
import { bytesInWords } from './bytes-in-words.ts';

const MB = 2 ** 20;
const GB = 2 ** 30;

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1 KB'],
  [1536, '2 KB'],
  [1.5 * MB, '1.5 MB'],
  [9.94 * MB, '9.9 MB'],
  [9.96 * MB, '10 MB'],
  [512 * MB, '512 MB'],
  [999.6 * MB, '1.0 GB'],
  [6 * GB, '6.0 GB'],
  [24 * GB, '24 GB'],
  [1024 * GB, '1.0 TB'],
  [3 * 2 ** 50, '3072 TB'],
  [-5, '0 bytes'],
])('%d bytes are %s', (bytes, words) => expect(bytesInWords(bytes)).toBe(words));
