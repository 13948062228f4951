import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as ggml does, in llama.cpp of release 0.5.0', () => {
  expectBlock(
    reference,
    '7949453135550ec0193a8bed1783d53ec9',
    3,
    [
      -0.0078125, 0.046875, 0, -0.0234375, 0.0234375, -0.0078125, 0.0234375, 0, 0.0234375, 0.0078125,
      0.0234375,
    ],
  );
});
