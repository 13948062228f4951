import { halfAt, type Reference } from '../reference.ts';
import { IQ4_VALUES } from '../reference-iq4.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 0);
    const values: number[] = [];
    for (let i = 0; i < 16; i++) {
      const byte = block.getUint8(2 + i);
      values[i] = d * IQ4_VALUES[byte % 16]!;
      values[i + 16] = d * IQ4_VALUES[Math.floor(byte / 16)]!;
    }
    return values;
  },
};
