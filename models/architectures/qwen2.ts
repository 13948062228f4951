import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, MODEL, QKV_BIAS } from './tensor-specs.ts';

/** Qwen 1.5, 2 and 2.5, and what was distilled into them (DeepSeek R1): Llama with biases on q, k and v. */
export const qwen2: Architecture = {
  name: 'qwen2',
  activation: 'silu',
  ropePairs: 'halves',
  requires: { expert_count: 0 },
  tensors: MODEL,
  block: () => ({ mixer: { ...ATTENTION, qkvBias: QKV_BIAS }, feedForward: DENSE }),
};
