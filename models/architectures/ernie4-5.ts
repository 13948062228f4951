import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, MODEL } from './tensor-specs.ts';

/** Ernie 4.5, its dense sizes: Llama, with rows of q and k as they were trained, for neighbouring pairs. */
export const ernie45: Architecture = {
  name: 'ernie4_5',
  activation: 'silu',
  ropePairs: 'adjacent',
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: MODEL,
  block: () => ({ mixer: ATTENTION, feedForward: DENSE }),
};
