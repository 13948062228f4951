import type { Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize: (block) => [block.getFloat32(0, true)],
};
