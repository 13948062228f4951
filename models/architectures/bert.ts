import type { Architecture } from './architecture.ts';
import {
  ATTENTION,
  ENCODER,
  ENCODER_ATTENTION,
  LAST_NORM,
  OUTPUT_BIAS,
  PLAIN,
  POSITIONS,
  QKV_BIAS,
} from './tensor-specs.ts';

/**
 * BERT and RoBERTa with their multilingual kin, as models that embed are made of them: MiniLM, BGE, E5, GTE, Arctic
 * Embed. Positions are learned, everything has a bias, and each sum is normed.
 */
export const bert: Architecture = {
  name: 'bert',
  activation: 'gelu',
  hasLayerNorms: true,
  ropePairs: 'halves',
  ropelessEvery: 1,
  requires: { 'attention.causal': false },
  tensors: { ...ENCODER, positions: POSITIONS },
  block: () => ({
    mixer: { ...ENCODER_ATTENTION, qkv: ATTENTION.qkv, qkvBias: QKV_BIAS, outputBias: OUTPUT_BIAS },
    feedForward: { ...PLAIN, sumNorm: LAST_NORM },
  }),
};
