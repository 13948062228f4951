import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(
    reference,
    'c8ba17b68f21d525c20e1516a80ca6efc857158e',
    3,
    [
      -13.095459, -4.6188965, -4.6188965, -10.55249, -7.161865, -12.247803, -11.4001465, -0.38061523,
      -8.857178, -12.247803, -1.2282715,
    ],
  );
});
