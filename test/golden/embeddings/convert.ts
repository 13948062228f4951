import { toHalf } from '../../../kernels/kv/reference.ts';
import type { GgufValue } from '../../../models/gguf/values.ts';
import { type TensorContents, writeGguf } from '../../../models/gguf/write-gguf.ts';
import type { HfConfig, HfTensor } from '../safetensors.ts';
import type { EmbeddingCase } from './fixture.ts';

/** What llama.cpp's converter does for one family. */
interface Conversion {
  architecture: string;
  /** Hugging Face's names of modules and GGUF's. */
  names: Record<string, string>;
  /** q, k and v become one tensor. */
  fusesQkv?: true;
  /** It reads texts both ways. */
  isEncoder?: true;
  /** It has layer norms, and token types. */
  hasLayerNorms?: true;
  /** What the family's norms add to their weight. */
  normOffset?: number;
  metadata?(config: HfConfig): Record<string, number>;
}

const u32 = (value: number): GgufValue => ({ type: 'uint32', value });
const f32 = (value: number): GgufValue => ({ type: 'float32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });

const EMBEDDINGS = {
  'embeddings.word_embeddings': 'token_embd',
  'embeddings.position_embeddings': 'position_embd',
  'embeddings.token_type_embeddings': 'token_types',
  'embeddings.LayerNorm': 'token_embd_norm',
};
const DECODER = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

export const CONVERSIONS: Record<string, Conversion> = {
  bert: {
    architecture: 'bert',
    isEncoder: true,
    hasLayerNorms: true,
    names: {
      ...EMBEDDINGS,
      'attention.self.query': 'attn_q',
      'attention.self.key': 'attn_k',
      'attention.self.value': 'attn_v',
      'attention.output.dense': 'attn_output',
      'attention.output.LayerNorm': 'attn_output_norm',
      'intermediate.dense': 'ffn_up',
      'output.dense': 'ffn_down',
      'output.LayerNorm': 'layer_output_norm',
    },
  },
  nomic_bert: {
    architecture: 'nomic-bert',
    isEncoder: true,
    hasLayerNorms: true,
    fusesQkv: true,
    names: {
      ...EMBEDDINGS,
      ...DECODER,
      post_attention_layernorm: 'attn_output_norm',
      post_mlp_layernorm: 'layer_output_norm',
    },
  },
  qwen3: {
    architecture: 'qwen3',
    names: {
      ...DECODER,
      embed_tokens: 'token_embd',
      norm: 'output_norm',
      input_layernorm: 'attn_norm',
      post_attention_layernorm: 'ffn_norm',
      'self_attn.q_norm': 'attn_q_norm',
      'self_attn.k_norm': 'attn_k_norm',
    },
  },
  gemma3_text: {
    architecture: 'gemma-embedding',
    isEncoder: true,
    normOffset: 1,
    names: {
      ...DECODER,
      embed_tokens: 'token_embd',
      norm: 'output_norm',
      input_layernorm: 'attn_norm',
      post_attention_layernorm: 'post_attention_norm',
      pre_feedforward_layernorm: 'ffn_norm',
      post_feedforward_layernorm: 'post_ffw_norm',
      'self_attn.q_norm': 'attn_q_norm',
      'self_attn.k_norm': 'attn_k_norm',
      'dense.2': 'dense_2',
      'dense.3': 'dense_3',
    },
    metadata: ({ sliding_window, hidden_size }) => ({
      'attention.sliding_window': sliding_window,
      dense_2_feat_in: hidden_size,
      dense_2_feat_out: 96,
      dense_3_feat_in: 96,
      dense_3_feat_out: 24,
    }),
  },
};

/** By the number in `pooling_type`. */
const POOLINGS = ['none', 'mean', 'first', 'last'];

export type Metadata = Record<string, GgufValue>;

export interface Converted {
  metadata: Metadata;
  tensors: TensorContents[];
}

/** A file of a case: matrices in F16, which holds the fixtures' weights exactly; what the converter keeps in F32, in F32. */
export function convert(
  family: string,
  weights: ReadonlyMap<string, HfTensor>,
  { name: caseName, config, pooling }: EmbeddingCase,
): Converted {
  const { architecture, names, fusesQkv, hasLayerNorms, normOffset = 0, metadata } = CONVERSIONS[family]!;
  const { rope_parameters: rope } = config;
  const headDim = config.head_dim ?? config.hidden_size / config.num_attention_heads;
  const own: Metadata = {
    block_count: u32(config.num_hidden_layers),
    context_length: u32(config.max_position_embeddings),
    embedding_length: u32(config.hidden_size),
    feed_forward_length: u32(config.intermediate_size),
    'attention.head_count': u32(config.num_attention_heads),
    pooling_type: u32(POOLINGS.indexOf(pooling)),
    ...(hasLayerNorms
      ? {
          'attention.causal': { type: 'bool', value: false },
          'attention.layer_norm_epsilon': f32(config.layer_norm_eps),
        }
      : {
          'attention.head_count_kv': u32(config.num_key_value_heads),
          'attention.layer_norm_rms_epsilon': f32(config.rms_norm_eps),
          'attention.key_length': u32(headDim),
          'attention.value_length': u32(headDim),
        }),
    ...(rope ? { 'rope.freq_base': f32((rope.full_attention ?? rope).rope_theta) } : {}),
    ...Object.fromEntries(Object.entries(metadata?.(config) ?? {}).map(([key, value]) => [key, u32(value)])),
  };
  const tensors = new Map<string, HfTensor>();
  for (const [name, tensor] of weights) {
    if (name.startsWith('dense.') && caseName !== 'projected') continue;
    const [, layer, module, kind] = /^(?:(?:encoder\.layer|layers)\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(
      name,
    )!;
    if (!names[module!]) throw new Error(`No name is known for ${name}`);
    const to = `${layer === undefined ? '' : `blk.${layer}.`}${names[module!]}.${kind}`;
    const offset = module!.endsWith('norm') ? normOffset : 0;
    tensors.set(to, { ...tensor, values: tensor.values.map((value) => value + offset) });
  }
  if (fusesQkv) fuseQkv(tensors, config.num_hidden_layers);
  return {
    metadata: {
      'general.architecture': text(architecture),
      ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value])),
      ...(hasLayerNorms ? { 'tokenizer.ggml.token_type_count': u32(config.type_vocab_size) } : {}),
      'tokenizer.ggml.model': text('gpt2'),
      'tokenizer.ggml.pre': text('gpt-2'),
      'tokenizer.ggml.tokens': {
        type: 'array',
        of: 'string',
        value: Array.from({ length: config.vocab_size }, (_, id) => String.fromCharCode(0x4e00 + id)),
      },
      'tokenizer.ggml.token_type': {
        type: 'array',
        of: 'int32',
        value: new Int32Array(config.vocab_size).fill(1),
      },
      'tokenizer.ggml.merges': { type: 'array', of: 'string', value: [] },
    },
    tensors: [...tensors].map(([name, tensor]) => toGguf(name, tensor)),
  };
}

export function toBytes({ metadata, tensors }: Converted): Uint8Array {
  return writeGguf({ metadata: Object.entries(metadata), tensors });
}

/** attn_q, attn_k and attn_v, one after the other. */
function fuseQkv(tensors: Map<string, HfTensor>, blocks: number): void {
  for (let block = 0; block < blocks; block++) {
    const names = ['q', 'k', 'v'].map((part) => `blk.${block}.attn_${part}.weight`);
    const parts = names.map((name) => tensors.get(name)!);
    for (const name of names) tensors.delete(name);
    tensors.set(`blk.${block}.attn_qkv.weight`, {
      shape: [parts.reduce((rows, { shape }) => rows + shape[0]!, 0), parts[0]!.shape[1]!],
      values: Float32Array.from(parts.flatMap(({ values }) => [...values])),
    });
  }
}

/** GGUF has the innermost length first. */
function toGguf(name: string, { shape, values }: HfTensor): TensorContents {
  const isExact = shape.length === 1 || /^(position_embd|token_types)\./.test(name);
  const data = isExact ? Float32Array.from(values) : Uint16Array.from(values, toHalf);
  return {
    name,
    type: isExact ? 'F32' : 'F16',
    shape: [...shape].reverse(),
    data: new Uint8Array(data.buffer),
  };
}
