import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 0);
    return Array.from({ length: 32 }, (_, i) => {
      const byte = block.getUint8(6 + (i % 16));
      const low = i < 16 ? byte % 16 : Math.floor(byte / 16);
      const fifth = (block.getUint8(2 + Math.floor(i / 8)) >> (i % 8)) % 2;
      return d * (low + 16 * fifth - 16);
    });
  },
};
