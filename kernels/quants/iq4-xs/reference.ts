import { halfAt, type Reference } from '../reference.ts';
import { IQ4_VALUES } from '../reference-iq4.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 0);
    const highs = block.getUint16(2, true);
    return Array.from({ length: 256 }, (_, i) => {
      const unit = Math.floor(i / 32);
      const lows = block.getUint8(4 + Math.floor(unit / 2));
      const low = unit % 2 === 0 ? lows % 16 : Math.floor(lows / 16);
      const high = (highs >> (2 * unit)) % 4;
      const byte = block.getUint8(8 + 16 * unit + (i % 16));
      const q = i % 32 < 16 ? byte % 16 : Math.floor(byte / 16);
      return d * (low + 16 * high - 32) * IQ4_VALUES[q]!;
    });
  },
};
