import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, dim, MODEL, numbers, vector } from './tensor-specs.ts';

/** Only the 27B has so many, and only it divides scores by other than the root of a head's size. */
const BLOCKS_OF_27B = 46;

/** Gemma 2, 2B to 27B: windows in every other block, from the first, and soft caps on scores and logits. */
export const gemma2: Architecture = {
  name: 'gemma2',
  activation: 'gelu',
  embeddingScale: ({ dim }) => Math.sqrt(dim),
  attentionScale: ({ blocks, dim, heads, headDim }) =>
    1 / Math.sqrt(blocks === BLOCKS_OF_27B ? dim / heads : headDim),
  ropePairs: 'halves',
  globalEvery: 2,
  windowLength: 4096,
  caps: { scores: 50, logits: 30 },
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: MODEL,
  block: () => ({
    mixer: { ...ATTENTION, postNorm: vector(numbers('blk.{block}.post_attention_norm.weight', dim)) },
    feedForward: { ...DENSE, postNorm: vector(numbers('blk.{block}.post_ffw_norm.weight', dim)) },
  }),
};
