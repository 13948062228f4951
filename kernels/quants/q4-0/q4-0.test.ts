import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(
    reference,
    '0da3d1931c35532779ffa574bec1901d6d0f',
    3,
    [
      0.0963974, 0.04131317, -0.013771057, 0.05508423, 0.11016846, -0.0963974, 0.0963974, 0.08262634,
      -0.027542114, -0.05508423, 0.027542114,
    ],
  );
});
