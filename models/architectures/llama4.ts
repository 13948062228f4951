import type { Architecture } from './architecture.ts';
import { hasExperts } from './expert-config.ts';
import { ATTENTION, DENSE, EXPERTS, MODEL, ROPE_FACTORS, SHARED_EXPERT } from './tensor-specs.ts';

/** Maverick has so many experts, and only it does not norm the heads of q and k. */
const EXPERTS_OF_MAVERICK = 128;

/**
 * Llama 4, Scout and Maverick, as text models. Three of four blocks see chunks of 8,192 positions, the fourth sees all
 * and knows none: files do not say so. A row has one expert, whose weight multiplies what it is given, beside one that
 * every row has; in Maverick every other block is dense.
 */
export const llama4: Architecture = {
  name: 'llama4',
  activation: 'silu',
  ropePairs: 'adjacent',
  globalEvery: 4,
  ropelessEvery: 4,
  ropelessIsGlobal: true,
  windowLength: 8192,
  windowsAreAligned: true,
  temperature: { scale: 0.1, length: 8192, offset: 1, isOfRopeless: true },
  normsTurnedHeads: (_, family) => family.integer('expert_count', 0) !== EXPERTS_OF_MAVERICK,
  experts: { gating: 'sigmoid', renormalizes: false, weighsInput: true },
  requires: {},
  tensors: { ...MODEL, ropeFactors: ROPE_FACTORS },
  block: (config, block) => ({
    mixer: ATTENTION,
    feedForward: hasExperts(config, block) ? { ...EXPERTS, shared: SHARED_EXPERT } : DENSE,
  }),
};
