import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, FUSED_GATE_UP, FUSED_QKV, LONG_ROPE_FACTORS, MODEL } from './tensor-specs.ts';

/**
 * Phi 3, 3.5 and 4, mini and medium: Llama with q, k and v in one tensor and gate and up in another, LongRoPE for
 * long contexts, and in some of them a window in every block.
 */
export const phi3: Architecture = {
  name: 'phi3',
  activation: 'silu',
  ropePairs: 'halves',
  globalEvery: Number.POSITIVE_INFINITY,
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: { ...MODEL, ropeFactors: LONG_ROPE_FACTORS },
  block: () => ({
    mixer: { ...ATTENTION, qkv: FUSED_QKV },
    feedForward: { ...DENSE, gateUp: FUSED_GATE_UP },
  }),
};
