import type { Architecture } from './architecture.ts';
import { ATTENTION, EXPERTS, MODEL, QKV_BIAS, SHARED_EXPERT, SHARED_GATE } from './tensor-specs.ts';

/** Qwen 1.5 and 2 with experts in every block, one of them every row's: A2.7B, 57B-A14B. */
export const qwen2moe: Architecture = {
  name: 'qwen2moe',
  activation: 'silu',
  ropePairs: 'halves',
  experts: { gating: 'softmax', renormalizes: false },
  requires: {},
  tensors: MODEL,
  block: () => ({
    mixer: { ...ATTENTION, qkvBias: QKV_BIAS },
    feedForward: { ...EXPERTS, shared: { ...SHARED_EXPERT, gate: SHARED_GATE } },
  }),
};
