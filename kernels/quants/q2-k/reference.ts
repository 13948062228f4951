import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 80);
    const dmin = halfAt(block, 82);
    return Array.from({ length: 256 }, (_, i) => {
      const scales = block.getUint8(Math.floor(i / 16));
      // Each half of the superblock has quarters of 32 values
      const half = Math.floor(i / 128);
      const quarter = Math.floor((i % 128) / 32);
      const q = (block.getUint8(16 + 32 * half + (i % 32)) >> (2 * quarter)) % 4;
      return d * (scales % 16) * q - dmin * Math.floor(scales / 16);
    });
  },
};
