import type { Architecture } from './architecture.ts';
import { BLOCK, MODEL, QKV_BIAS } from './tensor-specs.ts';

/** Qwen 1.5, 2 and 2.5, and what was distilled into them (DeepSeek R1): Llama with biases on q, k and v. */
export const qwen2: Architecture = {
  name: 'qwen2',
  activation: 'silu',
  ropePairs: 'halves',
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: MODEL,
  blockTensors: { ...BLOCK, qkvBias: QKV_BIAS },
};
