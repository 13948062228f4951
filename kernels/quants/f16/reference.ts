import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  halves: [0],
  dequantize: (block) => [halfAt(block, 0)],
};
