import type { Architecture } from './architecture.ts';
import { DENSE, ENCODER, ENCODER_ATTENTION, FUSED_QKV, LAST_NORM } from './tensor-specs.ts';

/** Nomic Embed 1 and 1.5: BERT with RoPE, a gated feed-forward, q, k and v in one tensor, and no biases but the norms'. */
export const nomicBert: Architecture = {
  name: 'nomic-bert',
  activation: 'silu',
  hasLayerNorms: true,
  ropePairs: 'halves',
  requires: { 'attention.causal': false },
  tensors: ENCODER,
  block: () => ({
    mixer: { ...ENCODER_ATTENTION, qkv: FUSED_QKV },
    feedForward: { gateUp: DENSE.gateUp, down: DENSE.down, sumNorm: LAST_NORM },
  }),
};
