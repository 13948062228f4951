import { test } from 'vitest';
import { expectBlock } from '../expect-block.ts';
import { reference } from './reference.ts';

test('the reference reads a block as the Python package gguf 0.19.0 does', () => {
  expectBlock(
    reference,
    'a762d2442dc109624c45dfd4dc21eb729c85e9019929566e935093665173f5896890b62faea32d1739ad4e3223' +
      'd83191ea10553fc15c17f54500bad56a0269cb5736c0e91f999cb4fee4cccc06c6bb4f73a58ebe35c7f797052c' +
      '4871ffd6c856e8e3bf7c551852084f7855527dd43c26e1790a3729d744ad7fef869a837915853a0fefb00d5764' +
      'ec1537f59a5f790c1cf595cf0bc27665670b32ca25194d697bf5adc65ce80695c0ce36627d70e4e9596219bfc9' +
      '2c6abbfafc345965ca1a344c386c373a7d854a66172d604fea13322d7b22',
    17,
    [
      4.961609, -15.036713, 15.31517, 11.011734, -47.46437, -28.022964, -13.1128235, -1.2910309, 4.0756073,
      -11.391449, -32.807373, -5.9994965, -4.4553223, -0.72145844, 12.024307, -4.5565796,
    ],
  );
});
