import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize: (block) => [halfAt(block, 0)],
};
