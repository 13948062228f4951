import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(
    reference,
    '9c2ce0296582625f3f3eee8d9df3b5f539f52c35fecb152ad3b4d0400066d3df28a8b107296e506163b9731e10' +
      'ee3528c693b6ea82e46c0073fc4f520c4259ea245bae9b938c5e12892a0b776fea8ff809f983666b615487d7af' +
      '2988131013a937e4ee2ffc8ff5d6242515fd15627e24de9f7cd100fd20d1e174dabdd9c5f15efa9b0078c08ed6' +
      'd67ff422275ea228d4f7c1b0eb88f38eae91246557a285248fc1cad30cacb08aee71c4a75766ff9d0e',
    17,
    [
      55.733887, 26.421143, -1.2612305, 0.7553711, 64.004395, 73.79932, 10.56665, 28.427979, 35.093506,
      41.359375, 32.0813, 4.3530273, 0.31689453, 44.17798, 25.066895, -2.1572266,
    ],
  );
});
