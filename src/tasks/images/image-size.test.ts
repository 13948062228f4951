import { expect, test } from 'vitest';
import { imageSize } from './image-size.ts';

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from([
    ...parts.flatMap((part) => (typeof part === 'string' ? [...part].map((c) => c.charCodeAt(0)) : part)),
    ...Array(30).fill(0),
  ]);

test.each([
  ['PNG', bytes([0x89], 'PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 1, 0, 0, 0, 0, 2, 5]), 65_536, 517],
  ['GIF', bytes('GIF89a', [3, 1, 7, 0]), 259, 7],
  [
    'extended WebP',
    bytes('RIFF', [0, 0, 0, 0], 'WEBPVP8X', [10, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 4, 1, 0]),
    10,
    261,
  ],
  ['lossy WebP', bytes('RIFF', [0, 0, 0, 0], 'WEBPVP8 ', Array(10).fill(0), [0x34, 0x41, 2, 0]), 0x134, 2],
  ['lossless WebP', bytes('RIFF', [0, 0, 0, 0], 'WEBPVP8L', [0, 0, 0, 0, 0x2f, 0x04, 0x80, 0x02, 0]), 5, 11],
  [
    'JPEG with a segment before its frame',
    bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc2, 0, 11, 8, 1, 44, 2, 88, 3]),
    600,
    300,
  ],
])('a %s file says how large it is', (_, file, width, height) => {
  expect(imageSize(file)).toEqual({ width, height });
});

test('what is none of these, or ends early, says nothing', () => {
  expect(imageSize(new Uint8Array(0))).toBeUndefined();
  expect(imageSize(bytes('hello'))).toBeUndefined();
  expect(imageSize(bytes([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff]))).toBeUndefined();
  expect(imageSize(bytes([0xff, 0xd8, 1, 2, 3]))).toBeUndefined();
});
