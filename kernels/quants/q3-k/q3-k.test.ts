import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as ggml does, in llama.cpp of release 0.5.0', () => {
  expectBlock(
    reference,
    '7a88934d85527357a2e64647f03e2fb81f223f4192c58efd5185f0711ef7677a1f132a818d882195a100b28d6b' +
      '236b82481bd9fe630dc3ce3be4ebcab72f45b35223479f6e794d57037e2cfde9e15a7789781e3721a557d8e5a7' +
      '03296dcb81db3f65cf9c1bdc5d1d8fc83f0b0ba4',
    17,
    [
      0.48957825, -0.42640686, -0.97915649, 0.44219971, 0, 0, 1.8319702, -0.61592102, -0.45799255,
      -0.41061401, 0.44219971, 0.72647095, -0.031585693, 0, -1.2792206, -0.48957825,
    ],
  );
});
