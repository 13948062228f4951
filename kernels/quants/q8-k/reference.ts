import type { Reference } from '../reference.ts';

export const reference: Reference = {
  redundantBytes: 32,
  dequantize(block) {
    const d = block.getFloat32(0, true);
    return Array.from({ length: 256 }, (_, i) => d * block.getInt8(4 + i));
  },
};
