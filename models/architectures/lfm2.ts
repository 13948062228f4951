import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, dim, MODEL, numbers, QK_NORMS, SHORT_CONV, vector } from './tensor-specs.ts';

/** LFM 2, its dense sizes: gated short convolutions in most blocks, attention with normed heads in the others. */
export const lfm2: Architecture = {
  name: 'lfm2',
  activation: 'silu',
  ropePairs: 'halves',
  hasShortConvolutions: true,
  requires: { expert_count: 0, 'attention.causal': true },
  // Converters call the last norm by the name that the embedding's has elsewhere
  tensors: { ...MODEL, outputNorm: vector(numbers('token_embd_norm.weight', dim)) },
  block: ({ attention }, block) => ({
    mixer: attention[block] ? { ...ATTENTION, ...QK_NORMS } : SHORT_CONV,
    feedForward: DENSE,
  }),
};
