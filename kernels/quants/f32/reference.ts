import type { Reference } from '../reference.ts';

export const reference: Reference = {
  // Sign and exponent are where an f16 in the upper two bytes would have its own
  halves: [2],
  dequantize: (block) => [block.getFloat32(0, true)],
};
