import type { Architecture, LinearSpec, StackSpec, TensorSpec, VectorSpec } from './architecture.ts';
import type { ModelConfig } from './model-config.ts';
import type { AttentionRoles, DenseRoles, ExpertRoles, PlainRoles, ShortConvRoles } from './roles.ts';

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

/** A layer norm: weight and bias. */
export function layerNorm(name: string): VectorSpec {
  return vector(numbers(`${name}.weight`, dim), numbers(`${name}.bias`, dim));
}

/** What converters call the tensors that nearly every family has. */
export const MODEL: Architecture['tensors'] = {
  embedding: linear(matrix('token_embd', dim, vocab)),
  outputNorm: vector(numbers('output_norm.weight', dim)),
  head: linear(optional(matrix('output', dim, vocab))),
  ropeFactors: {},
};

/** What encoders add to the embedding, which they norm at once. */
export const ENCODER = {
  embedding: MODEL.embedding,
  tokenTypes: linear(optional(matrix('token_types', dim, (config) => config.tokenTypes))),
  embeddingNorm: layerNorm('token_embd_norm'),
  ropeFactors: {},
};

/** What sentence-transformers calls dense modules. */
export const PROJECTIONS = {
  project: linear(optional(matrix('dense_2', dim, (config) => config.projectedDim))),
  projectAgain: linear(
    optional(
      matrix(
        'dense_3',
        (config) => config.projectedDim,
        (config) => config.vectorDim,
      ),
    ),
  ),
};

export const POSITIONS = linear(matrix('position_embd', dim, (config) => config.contextLength));

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

const experts: Size = (config) => config.experts!.count;
const expertFfn: Size = (config) => config.experts!.ffn;
const sharedFfn: Size = (config) => config.experts!.sharedFfn;

/** `name` is whole: for each expert `outputs` rows of `inputs`, or numbers if there are no inputs. */
export function stacked(name: string, ...sizes: Size[]): TensorSpec {
  return { name, shape: (config) => [...sizes, experts].map((size) => size(config)) };
}

export function stack(...tensors: TensorSpec[]): StackSpec {
  return { leaf: 'stack', tensors };
}

/** Experts after a norm. */
export const EXPERTS: ExpertRoles<LinearSpec, StackSpec, VectorSpec> = {
  norm: DENSE.norm!,
  router: linear(matrix('blk.{block}.ffn_gate_inp', dim, experts)),
  gateUp: {
    ...stack(
      stacked('blk.{block}.ffn_gate_exps.weight', dim, expertFfn),
      stacked('blk.{block}.ffn_up_exps.weight', dim, expertFfn),
    ),
    instead: stacked('blk.{block}.ffn_gate_up_exps.weight', dim, (config) => 2 * expertFfn(config)),
  },
  down: stack(stacked('blk.{block}.ffn_down_exps.weight', expertFfn, dim)),
};

export const EXPERT_BIASES = {
  routerBias: vector(numbers('blk.{block}.ffn_gate_inp.bias', experts)),
  gateUpBias: vector(
    stacked('blk.{block}.ffn_gate_exps.bias', expertFfn),
    stacked('blk.{block}.ffn_up_exps.bias', expertFfn),
  ),
  downBias: vector(stacked('blk.{block}.ffn_down_exps.bias', dim)),
};

export const CHOICE_BIAS = vector(numbers('blk.{block}.exp_probs_b.bias', experts));

export const SHARED_EXPERT = {
  gateUp: linear(
    matrix('blk.{block}.ffn_gate_shexp', dim, sharedFfn),
    matrix('blk.{block}.ffn_up_shexp', dim, sharedFfn),
  ),
  down: linear(matrix('blk.{block}.ffn_down_shexp', sharedFfn, dim)),
};

/** A gated short convolution after a norm. */
export const SHORT_CONV: ShortConvRoles<LinearSpec, VectorSpec> = {
  norm: ATTENTION.norm!,
  input: linear(matrix('blk.{block}.shortconv.in_proj', dim, (config) => 3 * config.dim)),
  taps: vector({
    name: 'blk.{block}.shortconv.conv.weight',
    shape: (config) => [config.convolved, config.dim],
  }),
  output: linear(matrix('blk.{block}.shortconv.out_proj', dim, dim)),
};

export const SHARED_GATE = vector(numbers('blk.{block}.ffn_gate_inp_shexp.weight', dim));

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

/** Attention of an encoder, which norms once it is added. */
export const ENCODER_ATTENTION = {
  output: ATTENTION.output,
  sumNorm: layerNorm('blk.{block}.attn_output_norm'),
};

/** A feed-forward with neither gate nor norm before it. */
export const PLAIN: PlainRoles<LinearSpec, VectorSpec> = {
  up: linear(matrix('blk.{block}.ffn_up', dim, ffn)),
  upBias: vector(numbers('blk.{block}.ffn_up.bias', ffn)),
  down: DENSE.down,
  downBias: vector(numbers('blk.{block}.ffn_down.bias', dim)),
};

/** The norm that ends an encoder's block. */
export const LAST_NORM = layerNorm('blk.{block}.layer_output_norm');

export const FUSED_QKV = linear(matrix('blk.{block}.attn_qkv', dim, (config) => q(config) + 2 * kv(config)));
export const FUSED_GATE_UP = linear(matrix('blk.{block}.ffn_up', dim, (config) => 2 * ffn(config)));

const factors = (name: string) => ({ leaf: 'table' as const, tensors: [optional(numbers(name, pairs))] });

export const ROPE_FACTORS = { all: factors('rope_freqs.weight') };
export const LONG_ROPE_FACTORS = {
  long: factors('rope_factors_long.weight'),
  short: factors('rope_factors_short.weight'),
};
