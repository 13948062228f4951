import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 0);
    return Array.from({ length: 32 }, (_, i) => d * block.getInt8(2 + i));
  },
};
