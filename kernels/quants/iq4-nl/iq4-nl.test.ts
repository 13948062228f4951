import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as ggml does, in llama.cpp of release 0.5.0', () => {
  expectBlock(
    reference,
    'b8a6197271be53a3442b128cdad72bad0f8a',
    3,
    [
      -0.34118652, -2.3358154, 1.2860107, -1.3909912, -0.99731445, -0.65612793, 0.26245117, -0.65612793,
      2.7294922, -1.8109131, 3.3331299,
    ],
  );
});
