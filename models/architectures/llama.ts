import type { Architecture } from './architecture.ts';
import { ATTENTION, DENSE, MODEL, ROPE_FACTORS } from './tensor-specs.ts';

/**
 * Llama 1, 2, 3, 3.1, 3.2 and what was published in their form: TinyLlama, SmolLM, SmolLM2, Mistral, DeepSeek
 * Coder. Converters reorder the rows of q and k so that RoPE turns neighbouring pairs.
 */
export const llama: Architecture = {
  name: 'llama',
  activation: 'silu',
  ropePairs: 'adjacent',
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: { ...MODEL, ropeFactors: ROPE_FACTORS },
  block: () => ({ mixer: ATTENTION, feedForward: DENSE }),
};
