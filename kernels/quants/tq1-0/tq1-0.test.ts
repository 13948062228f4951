import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as ggml does, in llama.cpp of release 0.5.0', () => {
  expectBlock(
    reference,
    '1d28960c44b0382e93438e60788d51e279a131f8130b3ea4bd2f5d95e57bd791436d840f4e6654608135bbfb88' +
      '5d346959a49b364026',
    17,
    [
      -0.024414062, 0, 0.024414062, 0.024414062, 0, 0, 0.024414062, -0.024414062, 0, 0.024414062, 0.024414062,
      0.024414062, 0.024414062, 0.024414062, 0, 0.024414062,
    ],
  );
});
