import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, MODEL } from './tensor-specs.ts';

/** The first Gemma, 2B and 7B. Norms multiply by 1 + weight, to which converters have already added the 1. */
export const gemma: Architecture = {
  name: 'gemma',
  activation: 'gelu',
  embeddingScale: ({ dim }) => Math.sqrt(dim),
  ropePairs: 'halves',
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: MODEL,
  block: () => ({ mixer: ATTENTION, feedForward: DENSE }),
};
