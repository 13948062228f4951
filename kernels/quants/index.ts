import { bf16 } from './bf16/bf16.ts';
import { f16 } from './f16/f16.ts';
import { f32 } from './f32/f32.ts';
import type { QuantFormat } from './format.ts';
import { q4_0 } from './q4-0/q4-0.ts';
import { q4_1 } from './q4-1/q4-1.ts';
import { q4_k } from './q4-k/q4-k.ts';
import { q5_0 } from './q5-0/q5-0.ts';
import { q5_1 } from './q5-1/q5-1.ts';
import { q5_k } from './q5-k/q5-k.ts';
import { q6_k } from './q6-k/q6-k.ts';
import { q8_0 } from './q8-0/q8-0.ts';

/** Every type of weights that kernels can read. */
export const quantFormats: readonly QuantFormat[] = [
  f32,
  f16,
  bf16,
  q8_0,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q4_k,
  q5_k,
  q6_k,
];

/** The format of a type by its name in GGUF, if kernels can read it. */
export function quantFormat(name: string): QuantFormat | undefined {
  return quantFormats.find((format) => format.name === name);
}

export type { QuantFormat };
