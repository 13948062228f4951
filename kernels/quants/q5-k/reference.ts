import { halfAt, type Reference } from '../reference.ts';
import { scalesAndMins } from '../reference-k.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 0);
    const dmin = halfAt(block, 2);
    const { scales, mins } = scalesAndMins(block, 4);
    return Array.from({ length: 256 }, (_, i) => {
      const unit = Math.floor(i / 32);
      const byte = block.getUint8(48 + 32 * Math.floor(unit / 2) + (i % 32));
      const low = unit % 2 === 0 ? byte % 16 : Math.floor(byte / 16);
      const fifth = (block.getUint8(16 + (i % 32)) >> unit) % 2;
      return d * scales[unit]! * (low + 16 * fifth) - dmin * mins[unit]!;
    });
  },
};
