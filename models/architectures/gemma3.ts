import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, dim, MODEL, numbers, QK_NORMS, vector } from './tensor-specs.ts';

/** Only the 27B has so many, and only it divides scores by other than the root of a head's size. */
const BLOCKS_OF_27B = 62;

/**
 * Gemma 3's text model, 270M to 27B. Its norms multiply by 1 + weight, to which converters have already added
 * the 1; files do not say that every sixth block is global, nor the base of RoPE in the others.
 */
export const gemma3: Architecture = {
  name: 'gemma3',
  activation: 'gelu',
  embeddingScale: ({ dim }) => Math.sqrt(dim),
  attentionScale: ({ blocks, dim, heads, headDim }) =>
    1 / Math.sqrt(blocks === BLOCKS_OF_27B ? dim / heads : headDim),
  ropePairs: 'halves',
  globalEvery: 6,
  windowRopeBase: 10_000,
  requires: {
    expert_count: 0,
    'attention.causal': true,
    final_logit_softcapping: 0,
    attn_logit_softcapping: 0,
  },
  tensors: MODEL,
  block: () => ({
    mixer: {
      ...ATTENTION,
      ...QK_NORMS,
      postNorm: vector(numbers('blk.{block}.post_attention_norm.weight', dim)),
    },
    feedForward: { ...DENSE, postNorm: vector(numbers('blk.{block}.post_ffw_norm.weight', dim)) },
  }),
};
