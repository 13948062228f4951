import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as ggml does, in llama.cpp of release 0.5.0', () => {
  expectBlock(
    reference,
    '2a279a26d74fc78f2562b8701097a55b5510543d27ed600de3200a6749307fd37899c118819af6674394c3f7aa' +
      '5f93f32c810a37ca7bf1013ccdf8ab8ab4a6039954e84cbe3b3f7f1183c3df8375c517b4e786a9aadf7488f892' +
      'b12191387ad86aca56d8531c927b931fe8f16e795b9b331767e712dbe8f5331dd9917f01e64710dd3c25f4d216' +
      '90',
    17,
    [
      -6.8562317, -4.3096313, 9.0950012, -8.0036011, -0.69961548, 0.97946167, -2.4626465, -14.216187,
      -9.5987244, 17.434418, 2.4626465, -7.7237549, -34.840851, 28.964081, 14.775879, -8.7312012,
    ],
  );
});
