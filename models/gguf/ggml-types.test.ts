import { expect, test } from 'vitest';
import { ggmlType, ggmlTypeId, tensorBytes } from './ggml-types.ts';

test.each([
  ['F32', 0, 32],
  ['F16', 1, 16],
  ['Q4_0', 2, 4.5],
  ['Q4_1', 3, 5],
  ['Q5_0', 6, 5.5],
  ['Q5_1', 7, 6],
  ['Q8_0', 8, 8.5],
  ['Q2_K', 10, 2.625],
  ['Q3_K', 11, 3.4375],
  ['Q4_K', 12, 4.5],
  ['Q5_K', 13, 5.5],
  ['Q6_K', 14, 6.5625],
  ['IQ2_XXS', 16, 2.0625],
  ['IQ2_XS', 17, 2.3125],
  ['IQ3_XXS', 18, 3.0625],
  ['IQ1_S', 19, 1.5625],
  ['IQ4_NL', 20, 4.5],
  ['IQ3_S', 21, 3.4375],
  ['IQ2_S', 22, 2.5625],
  ['IQ4_XS', 23, 4.25],
  ['IQ1_M', 29, 1.75],
  ['BF16', 30, 16],
  ['TQ1_0', 34, 1.6875],
  ['TQ2_0', 35, 2.0625],
  ['MXFP4', 39, 4.25],
] as const)('%s is number %i and takes %f bits a weight, as published', (name, id, bitsPerWeight) => {
  expect(ggmlTypeId(name)).toBe(id);
  const type = ggmlType(id)!;
  expect(type.name).toBe(name);
  expect((8 * tensorBytes(type, [1024, 3])!) / (1024 * 3)).toBe(bitsPerWeight);
});
