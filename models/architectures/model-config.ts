import { badModel, quoted, unsupportedModel } from '../errors.ts';
import type { Gguf } from '../gguf/read-gguf.ts';
import type { Architecture } from './architecture.ts';
import { type RopeScaling, readRopeScaling } from './rope-scaling.ts';

/** Which two elements of a head RoPE turns together: 2i and 2i + 1, or i and i + rotaryDim / 2. */
export type RopePairs = 'adjacent' | 'halves';

/** A model's sizes, each checked: what the memory plan and the kernels are built from. */
export interface ModelConfig {
  /** `general.name`, for people. */
  name: string;
  architecture: string;
  blocks: number;
  dim: number;
  ffn: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** The first elements of a head, which RoPE turns. Even. */
  rotaryDim: number;
  ropeBase: number;
  ropePairs: RopePairs;
  ropeScaling: RopeScaling;
  normEps: number;
  vocab: number;
  /** Positions that the model was made for. */
  contextLength: number;
  /** True if the embedding is the head too. */
  tiedHead: boolean;
}

/** Far above any model that a browser could hold: what is larger is a damaged or hostile file. */
const MAX = { blocks: 1024, dim: 2 ** 17, heads: 1024, headDim: 1024, vocab: 2 ** 21, context: 2 ** 27 };

export function readConfig(architecture: Architecture, { metadata, tensors }: Gguf): ModelConfig {
  const { name: prefix, ropePairs } = architecture;
  checkRequired(architecture, metadata);

  const size = (name: string, max: number, ...fallback: [number?]) => {
    const value = metadata.integer(`${prefix}.${name}`, ...fallback);
    if (Number.isInteger(value) && value >= 1 && value <= max) return value;
    throw badModel(
      `The model's ${quoted(`${prefix}.${name}`)} is ${value}, not a whole number from 1 to ${max}.`,
    );
  };

  const dim = size('embedding_length', MAX.dim);
  const heads = size('attention.head_count', MAX.heads);
  const kvHeads = size('attention.head_count_kv', heads, heads);
  if (heads % kvHeads !== 0)
    throw badModel(`The model has ${heads} heads, which ${kvHeads} KV heads cannot share evenly.`);

  const headDim = size('attention.key_length', MAX.headDim, dim / heads);
  const valueDim = size('attention.value_length', MAX.headDim, headDim);
  if (valueDim !== headDim)
    throw unsupportedModel(
      `The model has keys of ${headDim} and values of ${valueDim}; Hearth needs both alike.`,
    );

  const rotaryDim = size('rope.dimension_count', headDim, headDim);
  if (rotaryDim % 2 !== 0) throw badModel(`The model turns ${rotaryDim} elements of a head, which is odd.`);

  const tokens = metadata.strings('tokenizer.ggml.tokens', undefined);
  const rows = tensors.get(architecture.tensors.embedding.name)?.shape[1];
  const vocab = size('vocab_size', MAX.vocab, rows ?? tokens?.length);
  if (tokens && tokens.length !== vocab)
    throw badModel(`The model computes ${vocab} tokens, but its vocabulary has ${tokens.length}.`);

  return {
    name: metadata.string('general.name', prefix),
    architecture: prefix,
    blocks: size('block_count', MAX.blocks),
    dim,
    ffn: size('feed_forward_length', MAX.dim * 8),
    heads,
    kvHeads,
    headDim,
    rotaryDim,
    ropeBase: positive(metadata.number(`${prefix}.rope.freq_base`, 10_000), 1e12, 'rope.freq_base'),
    ropePairs,
    ropeScaling: readRopeScaling(metadata, prefix),
    normEps: positive(metadata.number(`${prefix}.attention.layer_norm_rms_epsilon`), 1, 'norm epsilon'),
    vocab,
    contextLength: size('context_length', MAX.context),
    tiedHead: !tensors.has(architecture.tensors.output.name),
  };
}

function checkRequired({ name: prefix, requires }: Architecture, metadata: Gguf['metadata']): void {
  for (const [name, wanted] of Object.entries(requires)) {
    const value = metadata.entries.get(`${prefix}.${name}`)?.value;
    if (value !== undefined && value !== wanted)
      throw unsupportedModel(
        `The model's ${quoted(`${prefix}.${name}`)} is ${String(value)}, and Hearth runs this family only with ${wanted}.`,
      );
  }
}

function positive(value: number, max: number, what: string): number {
  if (value > 0 && value <= max) return value;
  throw badModel(`The model's ${what} is ${value}, not above 0 and up to ${max}.`);
}
