import type { Architecture } from './architecture.ts';

/**
 * Llama 1, 2, 3, 3.1, 3.2 and what was published in their form: TinyLlama, SmolLM, SmolLM2, Mistral, DeepSeek
 * Coder. Converters reorder the rows of q and k so that RoPE turns neighbouring pairs.
 */
export const llama: Architecture = {
  name: 'llama',
  ropePairs: 'adjacent',
  requires: { expert_count: 0, 'attention.causal': true },
  tensors: {
    embedding: { name: 'token_embd.weight', shape: ({ dim, vocab }) => [dim, vocab] },
    outputNorm: { name: 'output_norm.weight', shape: ({ dim }) => [dim] },
    output: { name: 'output.weight', shape: ({ dim, vocab }) => [dim, vocab], isOptional: true },
    ropeFactors: { name: 'rope_freqs.weight', shape: ({ rotaryDim }) => [rotaryDim / 2], isOptional: true },
  },
  blockTensors: {
    attentionNorm: { name: 'blk.{block}.attn_norm.weight', shape: ({ dim }) => [dim] },
    q: { name: 'blk.{block}.attn_q.weight', shape: ({ dim, heads, headDim }) => [dim, heads * headDim] },
    k: { name: 'blk.{block}.attn_k.weight', shape: ({ dim, kvHeads, headDim }) => [dim, kvHeads * headDim] },
    v: { name: 'blk.{block}.attn_v.weight', shape: ({ dim, kvHeads, headDim }) => [dim, kvHeads * headDim] },
    attentionOutput: {
      name: 'blk.{block}.attn_output.weight',
      shape: ({ dim, heads, headDim }) => [heads * headDim, dim],
    },
    ffnNorm: { name: 'blk.{block}.ffn_norm.weight', shape: ({ dim }) => [dim] },
    gate: { name: 'blk.{block}.ffn_gate.weight', shape: ({ dim, ffn }) => [dim, ffn] },
    up: { name: 'blk.{block}.ffn_up.weight', shape: ({ dim, ffn }) => [dim, ffn] },
    down: { name: 'blk.{block}.ffn_down.weight', shape: ({ dim, ffn }) => [ffn, dim] },
  },
};
