import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 64);
    return Array.from({ length: 256 }, (_, i) => {
      const half = Math.floor(i / 128);
      const quarter = Math.floor((i % 128) / 32);
      const q = (block.getUint8(32 * half + (i % 32)) >> (2 * quarter)) % 4;
      return d * (q - 1);
    });
  },
};
