import type { BlockTensors, OuterTensors, TensorSpec } from './architecture.ts';
import type { ModelConfig } from './model-config.ts';

type Size = (config: ModelConfig) => number;

export const dim: Size = (config) => config.dim;
export const headDim: Size = (config) => config.headDim;
const vocab: Size = (config) => config.vocab;
const ffn: Size = (config) => config.ffn;
const q: Size = ({ heads, headDim }) => heads * headDim;
const kv: Size = ({ kvHeads, headDim }) => kvHeads * headDim;
const pairs: Size = ({ rotaryDim }) => rotaryDim / 2;

/** `name` is without `.weight`. */
export function matrix(name: string, inputs: Size, outputs: Size): TensorSpec {
  return { name: `${name}.weight`, shape: (config) => [inputs(config), outputs(config)] };
}

/** `name` is whole: a weight or a bias. */
export function vector(name: string, length: Size): TensorSpec {
  return { name, shape: (config) => [length(config)] };
}

export function optional(spec: TensorSpec): TensorSpec {
  return { ...spec, isOptional: true };
}

/** What converters call the tensors that nearly every family has. */
export const MODEL: OuterTensors<TensorSpec> = {
  embedding: matrix('token_embd', dim, vocab),
  outputNorm: vector('output_norm.weight', dim),
  output: optional(matrix('output', dim, vocab)),
};

/** As `MODEL`, of a block: pre-norms, attention without biases, a gated feed-forward. */
export const BLOCK: BlockTensors<TensorSpec> = {
  attentionNorm: vector('blk.{block}.attn_norm.weight', dim),
  qkv: [
    matrix('blk.{block}.attn_q', dim, q),
    matrix('blk.{block}.attn_k', dim, kv),
    matrix('blk.{block}.attn_v', dim, kv),
  ],
  qkvBias: [],
  attentionOutput: matrix('blk.{block}.attn_output', q, dim),
  ffnNorm: vector('blk.{block}.ffn_norm.weight', dim),
  gateUp: [matrix('blk.{block}.ffn_gate', dim, ffn), matrix('blk.{block}.ffn_up', dim, ffn)],
  down: matrix('blk.{block}.ffn_down', ffn, dim),
};

export const QKV_BIAS: readonly TensorSpec[] = [
  vector('blk.{block}.attn_q.bias', q),
  vector('blk.{block}.attn_k.bias', kv),
  vector('blk.{block}.attn_v.bias', kv),
];

export const QK_NORMS = {
  qNorm: vector('blk.{block}.attn_q_norm.weight', headDim),
  kNorm: vector('blk.{block}.attn_k_norm.weight', headDim),
};

export const FUSED_QKV = matrix('blk.{block}.attn_qkv', dim, (config) => q(config) + 2 * kv(config));
export const FUSED_GATE_UP = matrix('blk.{block}.ffn_up', dim, (config) => 2 * ffn(config));

export const ROPE_FACTORS = optional(vector('rope_freqs.weight', pairs));
export const LONG_ROPE_FACTORS = {
  longRopeFactors: optional(vector('rope_factors_long.weight', pairs)),
  shortRopeFactors: optional(vector('rope_factors_short.weight', pairs)),
};
