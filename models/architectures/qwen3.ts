import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, MODEL, QK_NORMS } from './tensor-specs.ts';

/** Qwen 3, its dense sizes: each head of q and k has a norm, and heads have a size of their own. */
export const qwen3: Architecture = {
  name: 'qwen3',
  activation: 'silu',
  ropePairs: 'halves',
  requires: { expert_count: 0 },
  tensors: MODEL,
  block: () => ({ mixer: { ...ATTENTION, ...QK_NORMS }, feedForward: DENSE }),
};
