import type { Architecture } from './architecture.ts';
import {
  ATTENTION,
  dim,
  EXPERT_BIASES,
  EXPERTS,
  MODEL,
  numbers,
  OUTPUT_BIAS,
  QKV_BIAS,
  SINKS,
  vector,
} from './tensor-specs.ts';

/** gpt-oss, 20B and 120B: experts in MXFP4, biases everywhere, attention with sinks, windows in every other block. */
export const gptOss: Architecture = {
  name: 'gpt-oss',
  activation: 'silu',
  ropePairs: 'halves',
  globalEvery: 2,
  yarnRamp: 'exact',
  experts: { gating: 'softmax', renormalizes: true, activation: 'clamped' },
  requires: {},
  tensors: MODEL,
  block: () => ({
    mixer: { ...ATTENTION, qkvBias: QKV_BIAS, sinks: SINKS, outputBias: OUTPUT_BIAS },
    feedForward: {
      ...EXPERTS,
      ...EXPERT_BIASES,
      norm: vector(numbers('blk.{block}.post_attention_norm.weight', dim)),
    },
  }),
};
