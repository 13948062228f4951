import { quantFormat, quantFormats } from '../../kernels/quants/index.ts';
import { randomBlocks } from '../../kernels/quants/random-blocks.ts';
import type { GgmlTypeName } from '../../models/gguf/ggml-types.ts';
import { type GgufHeader, type TensorHeader, writeGguf } from '../../models/gguf/write-gguf.ts';
import { BYTE_CHARS } from '../../models/tokenizers/byte-chars.ts';
import { HearthError } from '../protocol/errors.ts';

interface Shape {
  vocab: number;
  dim: number;
  blocks: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  ffn: number;
  tied: boolean;
  /** Those of Qwen 3's mixtures, in every block; `ffn` is of one expert. */
  experts?: { count: number; used: number; ffn: number };
}

/** Shapes of well-known models. */
const SHAPES: Record<string, Shape> = {
  tiny: { vocab: 1024, dim: 256, blocks: 2, heads: 4, kvHeads: 2, headDim: 64, ffn: 512, tied: true },
  'tiny-moe': {
    vocab: 1024,
    dim: 256,
    blocks: 2,
    heads: 4,
    kvHeads: 2,
    headDim: 64,
    ffn: 512,
    tied: true,
    experts: { count: 8, used: 2, ffn: 256 },
  },
  'llama-3.2-1b': {
    vocab: 128_256,
    dim: 2048,
    blocks: 16,
    heads: 32,
    kvHeads: 8,
    headDim: 64,
    ffn: 8192,
    tied: true,
  },
  'llama-3.2-3b': {
    vocab: 128_256,
    dim: 3072,
    blocks: 28,
    heads: 24,
    kvHeads: 8,
    headDim: 128,
    ffn: 8192,
    tied: true,
  },
  'llama-3.1-8b': {
    vocab: 128_256,
    dim: 4096,
    blocks: 32,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    ffn: 14_336,
    tied: false,
  },
  'qwen3-30b-a3b': {
    vocab: 151_936,
    dim: 2048,
    blocks: 48,
    heads: 32,
    kvHeads: 4,
    headDim: 128,
    ffn: 6144,
    tied: false,
    experts: { count: 128, used: 8, ffn: 768 },
  },
};

type Mix = (tensor: 'embedding' | 'v' | 'down' | 'other') => string;

/** Which type each kind of tensor has, as the usual files of that name do. In files named for any other type all tensors have it. */
const MIXES: Record<string, Mix> = {
  Q4_0: (tensor) => (tensor === 'embedding' ? 'Q6_K' : 'Q4_0'),
  Q4_K_M: (tensor) => (tensor === 'other' ? 'Q4_K' : 'Q6_K'),
};

function mixOf(name: string): Mix | undefined {
  return MIXES[name] ?? (quantFormat(name) && (() => name));
}

/** A file as it is written: its header, then each tensor in pieces, padded. */
export interface RandomFile {
  metadata: GgufHeader['metadata'];
  tensors: (TensorHeader & { pieces(): Iterable<Uint8Array> })[];
}

/** Bytes of a tensor that are made at once. A larger one repeats them: who measures does not notice. */
const PIECE_BYTES = 2 ** 25;

/** `randomFile` as one array: for small shapes. */
export function randomModel(shapeName: string, mixName: string): Uint8Array {
  const { metadata, tensors } = randomFile(shapeName, mixName);
  return writeGguf({
    metadata,
    tensors: tensors.map(({ pieces, ...tensor }) => ({ ...tensor, data: Buffer.concat([...pieces()]) })),
  });
}

/**
 * A llama model of random weights, or a qwen3moe where the shape has experts, for measuring: what it says is noise,
 * what it costs is real.
 */
export function randomFile(shapeName: string, mixName: string): RandomFile {
  const shape = SHAPES[shapeName];
  const mix = mixOf(mixName);
  if (!shape || !mix) {
    const mixes = new Set([...Object.keys(MIXES), ...quantFormats.map(({ name }) => name)]);
    throw new HearthError(
      'bad-input',
      `Shapes are ${Object.keys(SHAPES).join(', ')}; quants are ${[...mixes].join(', ')}.`,
    );
  }
  const { vocab, dim, blocks, heads, kvHeads, headDim, ffn, tied, experts } = shape;
  const family = experts ? 'qwen3moe' : 'llama';
  const u32 = (value: number) => ({ type: 'uint32', value }) as const;
  const next = randomWords();
  /** Of each expert, where there are some. */
  const matrix = (name: string, k: number, rowsOfEach: number, type: string, count?: number) => {
    const rows = rowsOfEach * (count ?? 1);
    const format = quantFormat(type)!;
    const rowBytes = format.rowBytes(k);
    return {
      name,
      type: type as GgmlTypeName,
      shape: count ? [k, rowsOfEach, count] : [k, rows],
      sizeBytes: rows * rowBytes,
      *pieces() {
        const rowsAtOnce = Math.min(rows, Math.ceil(PIECE_BYTES / rowBytes));
        const piece = randomBlocks(format, rowsAtOnce, k, next);
        for (let row = 0; row < rows; row += rowsAtOnce) yield piece.subarray(0, (rows - row) * rowBytes);
      },
    };
  };
  const ones = (name: string, length = dim) => ({
    name,
    type: 'F32' as const,
    shape: [length],
    sizeBytes: 4 * length,
    pieces: () => [new Uint8Array(new Float32Array(length).fill(1).buffer)],
  });
  const feedForward = (i: number) => {
    const [end, inner, count] = experts ? ['_exps.weight', experts.ffn, experts.count] : ['.weight', ffn];
    return [
      matrix(`blk.${i}.ffn_gate${end}`, dim, inner, mix('other'), count),
      matrix(`blk.${i}.ffn_up${end}`, dim, inner, mix('other'), count),
      matrix(`blk.${i}.ffn_down${end}`, inner, dim, mix(i % 2 ? 'other' : 'down'), count),
    ];
  };
  const texts = [
    ...BYTE_CHARS,
    ...Array.from({ length: vocab - 258 }, (_, i) => `Ġx${i}`),
    '<|begin|>',
    '<|end|>',
  ];

  return {
    metadata: [
      ['general.architecture', { type: 'string', value: family }],
      ['general.name', { type: 'string', value: `random ${shapeName} ${mixName}` }],
      [`${family}.block_count`, u32(blocks)],
      [`${family}.context_length`, u32(131_072)],
      [`${family}.embedding_length`, u32(dim)],
      [`${family}.feed_forward_length`, u32(ffn)],
      [`${family}.attention.head_count`, u32(heads)],
      [`${family}.attention.head_count_kv`, u32(kvHeads)],
      [`${family}.attention.key_length`, u32(headDim)],
      [`${family}.attention.value_length`, u32(headDim)],
      [`${family}.attention.layer_norm_rms_epsilon`, { type: 'float32', value: 1e-5 }],
      [`${family}.rope.freq_base`, { type: 'float32', value: 500_000 }],
      [`${family}.rope.dimension_count`, u32(headDim)],
      [`${family}.vocab_size`, u32(vocab)],
      ...(experts
        ? ([
            ['qwen3moe.expert_count', u32(experts.count)],
            ['qwen3moe.expert_used_count', u32(experts.used)],
            ['qwen3moe.expert_feed_forward_length', u32(experts.ffn)],
          ] as const)
        : []),
      ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
      ['tokenizer.ggml.pre', { type: 'string', value: 'gpt-2' }],
      ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: texts }],
      [
        'tokenizer.ggml.token_type',
        { type: 'array', of: 'int32', value: Int32Array.from(texts, (_, id) => (id < vocab - 2 ? 1 : 3)) },
      ],
      ['tokenizer.ggml.merges', { type: 'array', of: 'string', value: [] }],
      ['tokenizer.ggml.bos_token_id', u32(vocab - 2)],
      ['tokenizer.ggml.eos_token_id', u32(vocab - 1)],
    ],
    tensors: [
      matrix('token_embd.weight', dim, vocab, mix('embedding')),
      ...Array.from({ length: blocks }, (_, i) => [
        ...(experts
          ? [ones(`blk.${i}.attn_q_norm.weight`, headDim), ones(`blk.${i}.attn_k_norm.weight`, headDim)]
          : []),
        ones(`blk.${i}.attn_norm.weight`),
        matrix(`blk.${i}.attn_q.weight`, dim, heads * headDim, mix('other')),
        matrix(`blk.${i}.attn_k.weight`, dim, kvHeads * headDim, mix('other')),
        // As in the usual mixes, half of the blocks have finer v and down
        matrix(`blk.${i}.attn_v.weight`, dim, kvHeads * headDim, mix(i % 2 ? 'other' : 'v')),
        matrix(`blk.${i}.attn_output.weight`, heads * headDim, dim, mix('other')),
        ones(`blk.${i}.ffn_norm.weight`),
        ...(experts ? [matrix(`blk.${i}.ffn_gate_inp.weight`, dim, experts.count, 'F32')] : []),
        ...feedForward(i),
      ]).flat(),
      ones('output_norm.weight'),
      ...(tied ? [] : [matrix('output.weight', dim, vocab, mix('embedding'))]),
    ],
  };
}

/** The same on every run: xorshift32. */
function randomWords(): () => number {
  let state = 0x9e37_79b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    return (state ^= state << 5);
  };
}
