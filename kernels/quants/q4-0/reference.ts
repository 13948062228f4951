import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 0);
    const values: number[] = [];
    for (let i = 0; i < 16; i++) {
      const byte = block.getUint8(2 + i);
      values[i] = d * ((byte % 16) - 8);
      values[i + 16] = d * (Math.floor(byte / 16) - 8);
    }
    return values;
  },
};
