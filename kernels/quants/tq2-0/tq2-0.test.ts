import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as ggml does, in llama.cpp of release 0.5.0', () => {
  expectBlock(
    reference,
    'cc489fb6511fbe09e5d72bf834e04fe028ca4991e02abd77279fedc206d2318ca8b8287a6f4b795209575d7277' +
      'd456c0f6e81a0e584d730660f56bb8b588475f7026',
    17,
    [
      -0.025146484, 0.025146484, 0.050292969, -0.025146484, 0, 0.025146484, 0.025146484, 0, 0, 0, 0.050292969,
      0.025146484, 0.050292969, -0.025146484, 0, 0,
    ],
  );
});
