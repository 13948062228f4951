import type { Reference } from '../reference.ts';

/** Without its sign: 2 bits of exponent, from 1 on, and 1 bit of fraction. */
const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

export const reference: Reference = {
  dequantize(block) {
    const d = 2 ** (block.getUint8(0) - 127);
    const value = (nibble: number) => d * (nibble < 8 ? 1 : -1) * E2M1[nibble % 8]!;
    const values: number[] = [];
    for (let i = 0; i < 16; i++) {
      const byte = block.getUint8(1 + i);
      values[i] = value(byte % 16);
      values[i + 16] = value(Math.floor(byte / 16));
    }
    return values;
  },
};
