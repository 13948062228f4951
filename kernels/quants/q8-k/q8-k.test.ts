import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as ggml does, in llama.cpp of release 0.5.0', () => {
  expectBlock(
    reference,
    '2bf617bd851d3d24f4c0cf83fe4363f82f4759778955f6ced681cbea7179ced2c8f814a13472ff70ce369d8385' +
      '452a44f318337f08cd1e614f235d3f83bc45fee9ee0403a79be118544441317c9311f85e0429b19f7ec0e156f6' +
      '5a3322e791b880ee995e3f0d307d2fbaf400693a179e0d027ed4e58be7a9ebc28a271d43a78855638144eb6603' +
      'f7b2725de11fe6ac2f88a68182869793f0aad6ded8116e3ab51681c4a374fec70a68b3e4bdc92b387987416c17' +
      'ec90963ec766888ab4b80eba7c5cfd81121bea9cee1810dfd5169faf26cd7b5c30c8aba44d972299e8c7b41b9a' +
      '1d2b0f180600a974d63b6332202c998e82b2522c49c4394c7d73265b6aaf61b288fbd0aecfa766616223611e76' +
      '4c93aa388ffabd0a6a6412b209971e2d827076f7e49a',
    17,
    [
      4.5632997, -3.1534998, 0.037099998, -3.5986998, -3.1163998, 0.37099999, 0.44519997, -1.4468999, -1.1501,
      -4.0809999, -2.0776, 2.5969999, -1.4097999, -1.0759, 2.8937998, 1.7807999,
    ],
  );
});
