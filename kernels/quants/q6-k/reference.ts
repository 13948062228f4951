import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 208);
    return Array.from({ length: 256 }, (_, i) => {
      // Each half of the superblock has quarters of 32 values
      const half = Math.floor(i / 128);
      const quarter = Math.floor((i % 128) / 32);
      const byte = block.getUint8(64 * half + 32 * (quarter % 2) + (i % 32));
      const low = quarter < 2 ? byte % 16 : Math.floor(byte / 16);
      const high = (block.getUint8(128 + 32 * half + (i % 32)) >> (2 * quarter)) % 4;
      const scale = block.getInt8(192 + Math.floor(i / 16));
      return d * scale * (low + 16 * high - 32);
    });
  },
};
