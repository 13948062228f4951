import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(
    reference,
    'c6ba82318d0e558ce44199cc0b6ceb1cb7b2c99999aee34b3b166337c132f183349dfd6967fabda2a591505136' +
      '36c2d261e9fe137020a4dc6140a307daa963bc3dd3b2580b3a2262026cdf049ad3bcb3da675d2a897fbea8369d' +
      'a5b9e88e61d89b7745b5b21e2f4dad9a13bde87a71d341f33051ca0eca1fad50d8e3a564df255f47059876e07c' +
      '3c284343206524c3c6',
    17,
    [
      -83.24414, -149.28516, -142.4143, -71.29321, -4.3029785, -182.10571, -103.66699, -63.026367, -226.70508,
      -372.33398, -105.38818, -115.54834, -122.21924, -99.35889, -492.73462, -455.4807,
    ],
  );
});
