import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, MODEL } from './tensor-specs.ts';

/** SmolLM3: Llama, but for every fourth block, which knows no positions (NoPE; files do not say so). */
export const smollm3: Architecture = {
  name: 'smollm3',
  activation: 'silu',
  ropePairs: 'adjacent',
  ropelessEvery: 4,
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: MODEL,
  block: () => ({ mixer: ATTENTION, feedForward: DENSE }),
};
