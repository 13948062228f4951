import type { ByteSource } from '../../../models/gguf/header-bytes.ts';
import type { GgufValue } from '../../../models/gguf/values.ts';
import { type TensorContents, writeGguf } from '../../../models/gguf/write-gguf.ts';
import { convertExperts, type ExpertsForm, inF16, inF32 } from './convert-experts.ts';
import { fixtureNames, type HfConfig, type HfTensor } from './fixture.ts';

/** What a converter does for one family, other than what it does for all. */
interface Conversion {
  architecture: string;
  /** Names that differ from `NAMES`. */
  names?: Record<string, string>;
  /** Rows of q and k are reordered, so that RoPE's pairs are neighbours. */
  permutes?: true;
  experts?: ExpertsForm;
  /** What the family's norms add to their weight. */
  normOffset?: number;
  metadata?(config: HfConfig): Record<string, GgufValue>;
  /** Tensors that are made of the configuration, by name. */
  tensors?(config: HfConfig): Record<string, readonly number[]>;
  /** A module whose matrix stays in F32. */
  exact?: string;
}

const u32 = (value: number): GgufValue => ({ type: 'uint32', value });
const f32 = (value: number): GgufValue => ({ type: 'float32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });

/** Hugging Face's names of modules and GGUF's, in most families. */
const NAMES: Record<string, string> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
  'mlp.gate': 'ffn_gate_inp',
  'mlp.shared_expert.gate_proj': 'ffn_gate_shexp',
  'mlp.shared_expert.up_proj': 'ffn_up_shexp',
  'mlp.shared_expert.down_proj': 'ffn_down_shexp',
  'mlp.shared_expert_gate': 'ffn_gate_inp_shexp',
};

const GEMMA_NORMS = {
  post_attention_layernorm: 'post_attention_norm',
  pre_feedforward_layernorm: 'ffn_norm',
  post_feedforward_layernorm: 'post_ffw_norm',
};

const PHI3: Conversion = {
  architecture: 'phi3',
  names: { 'self_attn.qkv_proj': 'attn_qkv', 'mlp.gate_up_proj': 'ffn_up' },
  metadata({ max_position_embeddings, original_max_position_embeddings, sliding_window, rope_parameters }) {
    const original = original_max_position_embeddings;
    const sharpening = Math.sqrt(1 + Math.log(max_position_embeddings / original) / Math.log(original));
    const isLong = rope_parameters.rope_type === 'longrope';
    return {
      'phi3.attention.sliding_window': u32(sliding_window ?? 0),
      'phi3.rope.scaling.original_context_length': u32(original),
      ...(isLong ? { 'phi3.rope.scaling.attn_factor': f32(sharpening) } : {}),
    };
  },
  tensors({ rope_parameters: { rope_type, long_factor, short_factor } }): Record<string, number[]> {
    if (rope_type !== 'longrope') return {};
    return { 'rope_factors_long.weight': long_factor, 'rope_factors_short.weight': short_factor };
  },
};

const LFM2_NAMES = {
  'model.embedding_norm': 'token_embd_norm',
  operator_norm: 'attn_norm',
  ffn_norm: 'ffn_norm',
  'self_attn.out_proj': 'attn_output',
  'self_attn.q_layernorm': 'attn_q_norm',
  'self_attn.k_layernorm': 'attn_k_norm',
  'feed_forward.w1': 'ffn_gate',
  'feed_forward.w2': 'ffn_down',
  'feed_forward.w3': 'ffn_up',
  'conv.conv': 'shortconv.conv',
  'conv.in_proj': 'shortconv.in_proj',
  'conv.out_proj': 'shortconv.out_proj',
  'feed_forward.gate': 'ffn_gate_inp',
  'feed_forward.expert_bias': 'exp_probs_b',
};

/** Families whose converter does more than call things as most do. */
const SPECIAL: Record<string, Conversion> = {
  llama: { architecture: 'llama', permutes: true, tensors: llama3Factors },
  qwen2: { architecture: 'qwen2', metadata: yarn('qwen2') },
  qwen3: { architecture: 'qwen3', metadata: yarn('qwen3') },
  gemma3_text: {
    architecture: 'gemma3',
    normOffset: 1,
    names: GEMMA_NORMS,
    metadata({ sliding_window, rope_parameters: { full_attention: rope } }) {
      const linear = {
        'gemma3.rope.scaling.type': text('linear'),
        'gemma3.rope.scaling.factor': f32(rope.factor),
      };
      return {
        'gemma3.attention.sliding_window': u32(sliding_window),
        ...(rope.rope_type === 'linear' ? linear : {}),
      };
    },
  },
  phi3: PHI3,
  phi4_mini: PHI3,
  gemma: { architecture: 'gemma', normOffset: 1 },
  gemma2: {
    architecture: 'gemma2',
    normOffset: 1,
    names: GEMMA_NORMS,
    metadata: (config) => ({
      'gemma2.attention.sliding_window': u32(config.sliding_window),
      'gemma2.attn_logit_softcapping': f32(config.attn_logit_softcapping),
      'gemma2.final_logit_softcapping': f32(config.final_logit_softcapping),
    }),
  },
  mistral: {
    architecture: 'llama',
    permutes: true,
    metadata({ sliding_window, max_position_embeddings, rope_parameters: { rope_type, factor } }) {
      const scaling = {
        'llama.rope.scaling.type': text(rope_type),
        'llama.rope.scaling.factor': f32(factor ?? 1),
        'llama.rope.scaling.original_context_length': u32(max_position_embeddings),
        'llama.context_length': u32(max_position_embeddings * (factor ?? 1)),
      };
      return {
        ...(sliding_window ? { 'llama.attention.sliding_window': u32(sliding_window) } : {}),
        ...(rope_type === 'default' ? {} : scaling),
      };
    },
  },
  ministral3: {
    architecture: 'mistral3',
    permutes: true,
    metadata: ({ rope_parameters: rope }) => ({
      'mistral3.rope.scaling.type': text('yarn'),
      'mistral3.rope.scaling.factor': f32(rope.factor),
      'mistral3.rope.scaling.yarn_beta_fast': f32(rope.beta_fast),
      'mistral3.rope.scaling.yarn_beta_slow': f32(rope.beta_slow),
      'mistral3.rope.scaling.yarn_log_multiplier': f32(rope.mscale_all_dim),
      'mistral3.rope.scaling.original_context_length': u32(rope.original_max_position_embeddings),
      'mistral3.attention.temperature_scale': f32(rope.llama_4_scaling_beta),
    }),
  },
  lfm2: {
    architecture: 'lfm2',
    exact: 'conv.conv',
    names: LFM2_NAMES,
    metadata: lfm2('lfm2'),
  },
  lfm2_moe: {
    architecture: 'lfm2moe',
    exact: 'conv.conv',
    names: LFM2_NAMES,
    metadata: (config) => ({
      ...lfm2('lfm2moe')(config),
      ...experts('lfm2moe')(config),
      'lfm2moe.leading_dense_block_count': u32(config.num_dense_layers),
      'lfm2moe.expert_gating_func': u32(2),
    }),
  },
  smollm3: { architecture: 'smollm3', permutes: true },
  qwen3_moe: {
    architecture: 'qwen3moe',
    metadata: (config) => ({ ...yarn('qwen3moe')(config), ...experts('qwen3moe')(config) }),
  },
  qwen2_moe: {
    architecture: 'qwen2moe',
    metadata: (config) => ({
      ...experts('qwen2moe')(config),
      'qwen2moe.expert_shared_feed_forward_length': u32(config.shared_expert_intermediate_size),
    }),
  },
  mixtral: { architecture: 'llama', permutes: true, metadata: experts('llama') },
  gpt_oss: {
    architecture: 'gpt-oss',
    experts: { isTransposed: true, isInterleaved: true, type: 'MXFP4' },
    names: {
      post_attention_layernorm: 'post_attention_norm',
      'self_attn.sinks': 'attn_sinks',
      'mlp.router': 'ffn_gate_inp',
    },
    metadata: (config) => ({
      ...yarn('gpt-oss')(config),
      ...experts('gpt-oss')({ ...config, moe_intermediate_size: config.intermediate_size }),
      'gpt-oss.attention.sliding_window': u32(config.sliding_window),
    }),
  },
  llama4_text: {
    architecture: 'llama4',
    experts: { isTransposed: true },
    names: {
      'feed_forward.gate_proj': 'ffn_gate',
      'feed_forward.up_proj': 'ffn_up',
      'feed_forward.down_proj': 'ffn_down',
      'feed_forward.router': 'ffn_gate_inp',
      'feed_forward.shared_expert.gate_proj': 'ffn_gate_shexp',
      'feed_forward.shared_expert.up_proj': 'ffn_up_shexp',
      'feed_forward.shared_expert.down_proj': 'ffn_down_shexp',
    },
    tensors: llama3Factors,
    metadata: (config) => ({
      ...experts('llama4')({ ...config, moe_intermediate_size: config.intermediate_size }),
      'llama4.feed_forward_length': u32(config.intermediate_size_mlp),
      'llama4.interleave_moe_layer_step': u32(config.interleave_moe_layer_step),
      'llama4.attention.sliding_window': u32(config.attention_chunk_size),
      'llama4.attention.temperature_length': u32(config.floor_scale),
    }),
  },
};

/** By the names of the fixtures. A family without an entry of its own is called the same by transformers and by GGUF. */
export const CONVERSIONS: Record<string, Conversion> = Object.fromEntries(
  fixtureNames().map((family) => [family, SPECIAL[family] ?? { architecture: family }]),
);

export interface Converted {
  metadata: Record<string, GgufValue>;
  tensors: TensorContents[];
}

/** What llama.cpp's converter writes of a model: matrices in F16, which holds the fixtures' weights exactly. */
export function convert(family: string, weights: ReadonlyMap<string, HfTensor>, config: HfConfig): Converted {
  const conversion = CONVERSIONS[family]!;
  const made = Object.entries(conversion.tensors?.(config) ?? {}).map(([name, values]) =>
    toGguf(name, { shape: [values.length], values: Float32Array.from(values) }),
  );
  const tensors = [...weights].flatMap(([name, tensor]) => convertTensor(name, tensor, conversion, config));
  return {
    metadata: { ...commonMetadata(conversion.architecture, config), ...conversion.metadata?.(config) },
    tensors: [...made, ...tensors],
  };
}

export function toFile({ metadata, tensors }: Converted): ByteSource {
  const bytes = writeGguf({ metadata: Object.entries(metadata), tensors });
  return { size: bytes.length, read: async (offset, length) => bytes.slice(offset, offset + length) };
}

function commonMetadata(architecture: string, config: HfConfig): Record<string, GgufValue> {
  const { hidden_size: dim, num_attention_heads: heads, rope_parameters: ropes, vocab_size: vocab } = config;
  const headDim = config.head_dim ?? dim / heads;
  const rope = ropes.full_attention ?? ropes;
  const own: Record<string, GgufValue> = {
    block_count: u32(config.num_hidden_layers),
    context_length: u32(config.max_position_embeddings),
    embedding_length: u32(dim),
    feed_forward_length: u32(config.intermediate_size),
    'attention.head_count': u32(heads),
    'attention.head_count_kv': u32(config.num_key_value_heads),
    'attention.layer_norm_rms_epsilon': f32(config.rms_norm_eps ?? 0),
    'rope.freq_base': f32(rope.rope_theta),
    'rope.dimension_count': u32(headDim * (rope.partial_rotary_factor ?? 1)),
    ...(config.head_dim
      ? { 'attention.key_length': u32(headDim), 'attention.value_length': u32(headDim) }
      : {}),
  };
  const prefixed = Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value]);
  return {
    'general.architecture': text(architecture),
    ...Object.fromEntries(prefixed),
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('gpt-2'),
    'tokenizer.ggml.tokens': {
      type: 'array',
      of: 'string',
      value: Array.from({ length: vocab }, (_, id) => String.fromCharCode(0x4e00 + id)),
    },
    'tokenizer.ggml.token_type': { type: 'array', of: 'int32', value: new Int32Array(vocab).fill(1) },
    'tokenizer.ggml.merges': { type: 'array', of: 'string', value: [] },
  };
}

function experts(architecture: string) {
  return (config: HfConfig): Record<string, GgufValue> => ({
    [`${architecture}.expert_count`]: u32(config.num_experts ?? config.num_local_experts),
    [`${architecture}.expert_used_count`]: u32(config.num_experts_per_tok),
    ...(config.moe_intermediate_size
      ? { [`${architecture}.expert_feed_forward_length`]: u32(config.moe_intermediate_size) }
      : {}),
  });
}

function yarn(architecture: string) {
  return ({ rope_parameters: rope }: HfConfig): Record<string, GgufValue> =>
    rope.rope_type !== 'yarn'
      ? {}
      : {
          [`${architecture}.rope.scaling.type`]: text('yarn'),
          [`${architecture}.rope.scaling.factor`]: f32(rope.factor),
          [`${architecture}.rope.scaling.original_context_length`]: u32(
            rope.original_max_position_embeddings,
          ),
        };
}

/** Llama 3.1's scaling as divisors: 1 for short waves, the factor for long ones, blended between. */
function llama3Factors({
  rope_parameters: rope,
  hidden_size,
  num_attention_heads,
}: HfConfig): Record<string, number[]> {
  if (rope.rope_type !== 'llama3') return {};
  const {
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: context,
  } = rope;
  const headDim = hidden_size / num_attention_heads;
  const factors = Array.from({ length: headDim / 2 }, (_, pair) => {
    const wavelength = 2 * Math.PI * rope.rope_theta ** ((2 * pair) / headDim);
    if (wavelength < context / high) return 1;
    if (wavelength > context / low) return factor;
    const smooth = (context / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
  return { 'rope_freqs.weight': factors };
}

function convertTensor(
  name: string,
  tensor: HfTensor,
  conversion: Conversion,
  config: HfConfig,
): TensorContents | TensorContents[] {
  const [, layer, path] = /^(?:model\.layers\.(\d+)\.)?(.+)$/.exec(name)!;
  const start = layer === undefined ? '' : `blk.${layer}.`;
  const stacked = convertExperts(start, path!, tensor, conversion.experts ?? {});
  if (stacked) return stacked;
  const [, module, kind = 'weight'] = /^(.+?)(?:\.(weight|bias))?$/.exec(path!)!;
  const ggufModule = { ...NAMES, ...conversion.names }[module!];
  if (!ggufModule) throw new Error(`No name is known for ${name}`);
  const ggufName = `${start}${ggufModule}.${kind}`;
  if (ggufModule.startsWith('ffn_gate_inp')) {
    // Routers stay in F32; the gate of a shared expert is a vector
    const shape = tensor.shape.filter((length) => length > 1).reverse();
    return { name: ggufName, shape, ...inF32(tensor.values) };
  }

  if (module!.endsWith('norm')) {
    const { normOffset = 0 } = conversion;
    return toGguf(ggufName, { ...tensor, values: tensor.values.map((value) => value + normOffset) });
  }
  if (conversion.permutes && /[qk]_proj$/.test(module!)) {
    const heads = module!.endsWith('q_proj') ? config.num_attention_heads : config.num_key_value_heads;
    return toGguf(ggufName, permuted(tensor, heads));
  }
  if (module === conversion.exact) return toGguf(ggufName, squeezed(tensor), true);
  return toGguf(ggufName, tensor);
}

function squeezed({ shape, values }: HfTensor): HfTensor {
  return { shape: shape.filter((length) => length !== 1), values };
}

/** In each head, rows i and i + headDim / 2 become neighbours. */
function permuted({ shape, values }: HfTensor, heads: number): HfTensor {
  const [rows, columns] = shape as [number, number];
  const half = rows / heads / 2;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / (2 * half));
    const inHead = row % (2 * half);
    const to = head * 2 * half + 2 * (inHead % half) + Math.floor(inHead / half);
    out.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return { shape, values: out };
}

/** GGUF has the innermost length first; vectors are in F32. */
function toGguf(name: string, { shape, values }: HfTensor, isExact = false): TensorContents {
  const isVector = shape.length === 1 || isExact;
  return { name, shape: [...shape].reverse(), ...(isVector ? inF32(values) : inF16(values)) };
}

function lfm2(architecture: string) {
  return ({
    layer_types,
    num_key_value_heads,
    conv_L_cache,
    norm_eps,
  }: HfConfig): Record<string, GgufValue> => ({
    [`${architecture}.attention.head_count_kv`]: {
      type: 'array',
      of: 'int32',
      value: Int32Array.from(layer_types, (type) => (type === 'conv' ? 0 : num_key_value_heads)),
    },
    [`${architecture}.shortconv.l_cache`]: u32(conv_L_cache),
    [`${architecture}.attention.layer_norm_rms_epsilon`]: f32(norm_eps),
  });
}
