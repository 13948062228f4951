import type { Architecture, LinearSpec, TensorSpec, VectorSpec } from './architecture.ts';
import type { ModelConfig } from './model-config.ts';
import type { AttentionRoles, DenseRoles } from './roles.ts';

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
export function numbers(name: string, length: Size): TensorSpec {
  return { name, shape: (config) => [length(config)] };
}

export function optional(spec: TensorSpec): TensorSpec {
  return { ...spec, isOptional: true };
}

export function linear(...tensors: TensorSpec[]): LinearSpec {
  return { leaf: 'linear', tensors };
}

export function vector(...tensors: TensorSpec[]): VectorSpec {
  return { leaf: 'vector', tensors };
}

/** What converters call the tensors that nearly every family has. */
export const MODEL: Architecture['tensors'] = {
  embedding: linear(matrix('token_embd', dim, vocab)),
  outputNorm: vector(numbers('output_norm.weight', dim)),
  head: linear(optional(matrix('output', dim, vocab))),
  ropeFactors: {},
};

const Q = matrix('blk.{block}.attn_q', dim, q);
const K = matrix('blk.{block}.attn_k', dim, kv);
const V = matrix('blk.{block}.attn_v', dim, kv);

/** Attention after a norm, without biases. */
export const ATTENTION: AttentionRoles<LinearSpec, VectorSpec> = {
  norm: vector(numbers('blk.{block}.attn_norm.weight', dim)),
  qkv: linear(Q, K, V),
  output: linear(matrix('blk.{block}.attn_output', q, dim)),
};

/** A gated feed-forward after a norm. */
export const DENSE: DenseRoles<LinearSpec, VectorSpec> = {
  norm: vector(numbers('blk.{block}.ffn_norm.weight', dim)),
  gateUp: linear(matrix('blk.{block}.ffn_gate', dim, ffn), matrix('blk.{block}.ffn_up', dim, ffn)),
  down: linear(matrix('blk.{block}.ffn_down', ffn, dim)),
};

export const QKV_BIAS = vector(
  numbers('blk.{block}.attn_q.bias', q),
  numbers('blk.{block}.attn_k.bias', kv),
  numbers('blk.{block}.attn_v.bias', kv),
);

export const OUTPUT_BIAS = vector(numbers('blk.{block}.attn_output.bias', dim));

export const SINKS = vector(numbers('blk.{block}.attn_sinks.weight', (config) => config.heads));

export const QK_NORMS = {
  qNorm: vector(numbers('blk.{block}.attn_q_norm.weight', headDim)),
  kNorm: vector(numbers('blk.{block}.attn_k_norm.weight', headDim)),
};

export const FUSED_QKV = linear(matrix('blk.{block}.attn_qkv', dim, (config) => q(config) + 2 * kv(config)));
export const FUSED_GATE_UP = linear(matrix('blk.{block}.ffn_up', dim, (config) => 2 * ffn(config)));

const factors = (name: string) => ({ leaf: 'table' as const, tensors: [optional(numbers(name, pairs))] });

export const ROPE_FACTORS = { all: factors('rope_freqs.weight') };
export const LONG_ROPE_FACTORS = {
  long: factors('rope_factors_long.weight'),
  short: factors('rope_factors_short.weight'),
};
