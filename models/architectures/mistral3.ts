import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, MODEL } from './tensor-specs.ts';

/** Ministral 3 and Mistral's later models: Llama with YaRN, and with q that grows past the first training's context. */
export const mistral3: Architecture = {
  name: 'mistral3',
  activation: 'silu',
  ropePairs: 'adjacent',
  globalEvery: Number.POSITIVE_INFINITY,
  temperature: { scale: 0, offset: 0 },
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: MODEL,
  block: () => ({ mixer: ATTENTION, feedForward: DENSE }),
};
