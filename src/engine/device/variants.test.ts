import { expect, test } from 'vitest';
import { quantFormat } from '../../../kernels/quants/index.ts';
import type { MatrixLayout } from '../weights/layout.ts';
import { takesIntegers, takesSingle, type Variants } from './variants.ts';

const matrix = { format: quantFormat('Q4_0')!, k: 256, rows: 256 } as MatrixLayout;
const map = { inputs: 256, outputs: 256, parts: [{ matrix, outOffset: 0 }] };
const variants = { dp4a: 'subgroup' } as Variants;

test('what an adapter adds to is computed in f32, since A and B read x', () => {
  expect(takesIntegers(variants, map)).toBe(true);
  expect(takesSingle(variants, map)).toBe(true);
  expect(takesIntegers(variants, { ...map, lora: [{}] })).toBe(false);
  expect(takesSingle(variants, { ...map, lora: [{}] })).toBe(false);
  expect(takesIntegers(variants, { ...map, lora: [] })).toBe(true);
});
