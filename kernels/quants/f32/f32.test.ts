import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(reference, '8826d936', 1, [0.0000064715896]);
});
