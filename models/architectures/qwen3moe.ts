import type { Architecture } from './architecture.ts';
import { ATTENTION, EXPERTS, MODEL, QK_NORMS } from './tensor-specs.ts';

/** Qwen 3 with experts in every block: 30B-A3B, 235B-A22B, Coder. */
export const qwen3moe: Architecture = {
  name: 'qwen3moe',
  activation: 'silu',
  ropePairs: 'halves',
  experts: { gating: 'softmax', renormalizes: true },
  requires: {},
  tensors: MODEL,
  block: () => ({ mixer: { ...ATTENTION, ...QK_NORMS }, feedForward: EXPERTS }),
};
