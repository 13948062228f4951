import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(
    reference,
    'd23698b6dde432a8048f12c625771402728f8edd6cc967bd',
    3,
    [
      8.113281, 8.96582, 8.113281, 5.9819336, 4.703125, 11.949707, 0.014160156, 9.39209, 2.5717773, 11.949707,
      2.1455078,
    ],
  );
});
