import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 108);
    return Array.from({ length: 256 }, (_, i) => {
      const half = Math.floor(i / 128);
      const quarter = Math.floor((i % 128) / 32);
      const low = (block.getUint8(32 + 32 * half + (i % 32)) >> (2 * quarter)) % 4;
      const third = (block.getUint8(i % 32) >> Math.floor(i / 32)) % 2;
      return d * (scaleAt(block, Math.floor(i / 16)) - 32) * (low + 4 * third - 4);
    });
  },
};

/** Scale 0..15 of the 12 bytes: 4 bits from the first eight, 2 bits from the last four. */
function scaleAt(block: DataView, i: number): number {
  const byte = block.getUint8(96 + (i % 8));
  const low = i < 8 ? byte % 16 : Math.floor(byte / 16);
  const high = (block.getUint8(104 + (i % 4)) >> (2 * Math.floor(i / 4))) % 4;
  return low + 16 * high;
}
