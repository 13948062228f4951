import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(
    reference,
    'a72ec4cc21bcf43e2dd77f50514bf084c4b05ed601fb',
    3,
    [
      -1.2473145, -0.93548584, 0.10394287, -1.2473145, -0.20788574, 1.1433716, -1.4552002, 0.51971436,
      -0.10394287, 1.1433716, -1.6630859,
    ],
  );
});
