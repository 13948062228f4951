import type { Architecture } from './architecture.ts';
import { hasExperts } from './expert-config.ts';
import { ATTENTION, DENSE, EXPERTS, MODEL, ROPE_FACTORS } from './tensor-specs.ts';

/**
 * Llama 1, 2, 3, 3.1, 3.2 and what was published in their form: TinyLlama, SmolLM, SmolLM2, Mistral, Mixtral,
 * DeepSeek Coder. Converters reorder the rows of q and k so that RoPE turns neighbouring pairs.
 */
export const llama: Architecture = {
  name: 'llama',
  activation: 'silu',
  ropePairs: 'adjacent',
  // As Mistral's first has them; most files have no window
  globalEvery: Number.POSITIVE_INFINITY,
  experts: { gating: 'softmax', renormalizes: true },
  requires: {},
  tensors: { ...MODEL, ropeFactors: ROPE_FACTORS },
  block: (config, block) => ({
    mixer: ATTENTION,
    feedForward: hasExperts(config, block) ? EXPERTS : DENSE,
  }),
};
