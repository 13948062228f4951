import { bf16 } from './bf16/bf16.ts';
import { f16 } from './f16/f16.ts';
import { f32 } from './f32/f32.ts';
import type { QuantFormat } from './format.ts';
import { iq4_nl } from './iq4-nl/iq4-nl.ts';
import { iq4_xs } from './iq4-xs/iq4-xs.ts';
import { mxfp4 } from './mxfp4/mxfp4.ts';
import { q2_k } from './q2-k/q2-k.ts';
import { q3_k } from './q3-k/q3-k.ts';
import { q4_0 } from './q4-0/q4-0.ts';
import { q4_1 } from './q4-1/q4-1.ts';
import { q4_k } from './q4-k/q4-k.ts';
import { q5_0 } from './q5-0/q5-0.ts';
import { q5_1 } from './q5-1/q5-1.ts';
import { q5_k } from './q5-k/q5-k.ts';
import { q6_k } from './q6-k/q6-k.ts';
import { q8_0 } from './q8-0/q8-0.ts';
import { q8_k } from './q8-k/q8-k.ts';
import { tq1_0 } from './tq1-0/tq1-0.ts';
import { tq2_0 } from './tq2-0/tq2-0.ts';

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
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  q8_k,
  iq4_nl,
  iq4_xs,
  mxfp4,
  tq1_0,
  tq2_0,
];

/** The format of a type by its name in GGUF, if kernels can read it. */
export function quantFormat(name: string): QuantFormat | undefined {
  return quantFormats.find((format) => format.name === name);
}

export type { QuantFormat };
