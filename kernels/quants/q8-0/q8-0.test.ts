import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(
    reference,
    '453c2ed5172f2d3347de0dce637ee20131e0fdcb41e073c9bbf4c5c76daa33aad79f',
    3,
    [
      49.09961, 50.166992, 75.78418, -53.36914, -32.021484, -34.15625, 69.37988, -58.706055, -62.975586,
      -91.79492, -43.762695,
    ],
  );
});
