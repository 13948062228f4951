import type { Architecture } from './architecture.ts';
import { hasExperts } from './expert-config.ts';
import { lfm2 } from './lfm2.ts';
import { CHOICE_BIAS, EXPERTS } from './tensor-specs.ts';

/** LFM 2 with experts in all blocks but the first: 8B-A1B. A bias for each expert counts in the choice alone. */
export const lfm2moe: Architecture = {
  ...lfm2,
  name: 'lfm2moe',
  experts: { gating: 'sigmoid', renormalizes: true },
  requires: { 'attention.causal': true },
  block(config, block) {
    const dense = lfm2.block(config, block);
    return hasExperts(config, block)
      ? { ...dense, feedForward: { ...EXPERTS, choiceBias: CHOICE_BIAS } }
      : dense;
  },
};
