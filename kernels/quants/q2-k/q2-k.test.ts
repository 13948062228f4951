import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as ggml does, in llama.cpp of release 0.5.0', () => {
  expectBlock(
    reference,
    '8b4ae5f1a94106a0956a26afbccdafe562f90a945f5693c642276ad5ab2da7394551370e99b2d74c3427fa48d7' +
      '32a1df70aca1e926115901dd06f27f8f063cd25e19a621f9bd0ccc21397c1ec795ca7748a403a5',
    17,
    [
      -0.21130371, -0.088928223, 0.10684204, 0.2434845, 0.045257568, 0.028137207, -0.20068359, 0.19577026,
      0.092575073, -0.04977417, 0.039154053, -0.55679321, 0.21534729, 0.01751709, 0.19577026, 0.19046021,
    ],
  );
});
