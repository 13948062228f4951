import { badModel, quoted, unsupportedModel } from '../errors.ts';
import type { Gguf } from '../gguf/read-gguf.ts';
import type { Architecture, Sizes, TensorSpec } from './architecture.ts';
import { FamilyMetadata } from './family-metadata.ts';
import type { AnyLeaf } from './roles.ts';
import { type RopeScaling, readRopeScaling } from './rope-scaling.ts';

/** Which two elements of a head RoPE turns together: 2i and 2i + 1, or i and i + rotaryDim / 2. */
export type RopePairs = 'adjacent' | 'halves';

/** What the gate of the feed-forward goes through: x · sigmoid(x), or GELU in its tanh form. */
export type Activation = 'silu' | 'gelu';

/** Angles by which positions turn. */
export interface Rope {
  base: number;
  scaling: RopeScaling;
}

/** What of attention differs between blocks. */
export interface BlockAttention {
  /** How many positions a row sees, its own included; 0 is all. */
  window: number;
  /** Whether windows begin at multiples of their length: a row sees only its own chunk. */
  isAligned?: boolean | undefined;
  /** Whether each head of q and k is divided by the root of its mean square. */
  normsHeads?: boolean | undefined;
  /** By how much q grows with its position. */
  temperature?: Temperature | undefined;
  /** Index of the block's RoPE in `ropes`; undefined where positions do not count. */
  rope: number | undefined;
}

/** q at a position is multiplied by 1 + scale · ln(1 + floor((position + offset) / length)). */
export interface Temperature {
  scale: number;
  /** In positions. */
  length: number;
  offset: number;
}

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
  ropePairs: RopePairs;
  ropes: readonly Rope[];
  /** Of each block. */
  attention: readonly BlockAttention[];
  attentionScale: number;
  /** Scores s become cap · tanh(s / cap). */
  attentionCap?: number | undefined;
  embeddingScale: number;
  activation: Activation;
  normEps: number;
  vocab: number;
  /** Positions that the model was made for. */
  contextLength: number;
  /** True if the embedding is the head too. */
  tiedHead: boolean;
}

/** Far above any model that a browser could hold: what is larger is a damaged or hostile file. */
const MAX = {
  blocks: 1024,
  dim: 2 ** 17,
  heads: 1024,
  headDim: 1024,
  vocab: 2 ** 21,
  context: 2 ** 27,
  ropeBase: 1e12,
  temperature: 16,
  cap: 1e6,
};

/** Metadata that some converters write and that changes nothing of what is computed. */
const IDLE = ['expert_used_count', 'rope.scaling.finetuned', 'tensor_data_layout'];

/** Fails with a `ModelError` that names what contradicts itself, or what of the family's metadata Hearth does not know. */
export function readConfig(architecture: Architecture, { metadata, tensors }: Gguf): ModelConfig {
  const { name: prefix, ropePairs, activation } = architecture;
  const family = new FamilyMetadata(metadata, prefix);
  checkRequired(architecture, family);

  const size = (name: string, max: number, ...fallback: [number?]) => {
    const value = family.integer(name, ...fallback);
    if (Number.isInteger(value) && value >= 1 && value <= max) return value;
    throw badModel(
      `The model's ${quoted(family.key(name))} is ${value}, not a whole number from 1 to ${max}.`,
    );
  };

  const blocks = size('block_count', MAX.blocks);
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
  const rows = tensors.get(nameOf(architecture.tensors.embedding)!)?.shape[1];
  const vocab = size('vocab_size', MAX.vocab, rows ?? tokens?.length);
  if (tokens && tokens.length !== vocab)
    throw badModel(`The model computes ${vocab} tokens, but its vocabulary has ${tokens.length}.`);

  const sizes: Sizes = { blocks, dim, heads, headDim };
  const config: ModelConfig = {
    ...sizes,
    name: metadata.string('general.name', prefix),
    architecture: prefix,
    ffn: size('feed_forward_length', MAX.dim * 8),
    kvHeads,
    rotaryDim,
    ropePairs,
    ...readAttention(architecture, sizes, family, tensors),
    attentionScale: architecture.attentionScale?.(sizes) ?? 1 / Math.sqrt(headDim),
    attentionCap: architecture.hasCaps ? capOf(family, 'attn_logit_softcapping') : undefined,
    embeddingScale: architecture.embeddingScale?.(sizes) ?? 1,
    activation,
    normEps: positive(family.number('attention.layer_norm_rms_epsilon'), 1, 'norm epsilon'),
    vocab,
    contextLength: size('context_length', MAX.context),
    tiedHead: !tensors.has(nameOf(architecture.tensors.head) ?? ''),
  };
  const unknown = family.notAsked().find((key) => !IDLE.some((name) => key === `${prefix}.${name}`));
  if (unknown !== undefined)
    throw unsupportedModel(
      `The model's metadata has ${quoted(unknown)}, which Hearth's ${prefix} knows nothing of: the answers might be wrong. Get another version of the model.`,
    );
  return config;
}

/** Which blocks see and turn what. */
function readAttention(
  architecture: Architecture,
  sizes: Sizes,
  family: FamilyMetadata,
  tensors: Gguf['tensors'],
): Pick<ModelConfig, 'ropes' | 'attention'> {
  const { globalEvery, windowRopeBase, windowLength = 0 } = architecture;
  const { ropeFactors } = architecture.tensors;
  const base = positive(family.number('rope.freq_base', 10_000), MAX.ropeBase, 'rope.freq_base');
  const longNames = [ropeFactors.long, ropeFactors.short].flatMap((leaf) => nameOf(leaf) ?? []);
  const ropes: Rope[] = [
    { base, scaling: readRopeScaling(family, longNames, tensors, architecture.yarnRamp) },
  ];

  const window = globalEvery === undefined ? 0 : family.integer('attention.sliding_window', windowLength);
  if (window < 0 || window > MAX.context)
    throw badModel(`The model's window is of ${window} positions, not of 0 to ${MAX.context}.`);
  const period =
    globalEvery === undefined ? 1 : family.integer('attention.sliding_window_pattern', globalEvery);
  if (period < 1)
    throw badModel(`The model has a global block every ${period} blocks, which should be 1 or more.`);
  if (windowRopeBase !== undefined) {
    const ownBase = family.number('rope.freq_base_swa', windowRopeBase);
    ropes.push({ base: positive(ownBase, MAX.ropeBase, 'rope.freq_base_swa'), scaling: { kind: 'none' } });
  }

  // A file without windows has positions in every block
  const ropelessEvery =
    architecture.ropelessIsGlobal && window === 0 ? undefined : architecture.ropelessEvery;
  const temperature = readTemperature(architecture, family);
  const isEvery = (block: number, every: number) => (block + 1) % every === 0;
  const attention = Array.from({ length: sizes.blocks }, (_, block): BlockAttention => {
    const isWindowed = window > 0 && !isEvery(block, period);
    const isRopeless = ropelessEvery !== undefined && isEvery(block, ropelessEvery);
    const isHot = temperature && (isRopeless || !architecture.temperature?.isOfRopeless);
    return {
      window: isWindowed ? window : 0,
      rope: isRopeless ? undefined : isWindowed ? ropes.length - 1 : 0,
      ...(isWindowed && architecture.windowsAreAligned ? { isAligned: true } : {}),
      ...(!isRopeless && architecture.normsTurnedHeads?.(sizes, family) ? { normsHeads: true } : {}),
      ...(isHot ? { temperature } : {}),
    };
  });
  return { ropes, attention };
}

/** The file's numbers before the family's; none where its scale is 0. */
function readTemperature({ temperature }: Architecture, family: FamilyMetadata): Temperature | undefined {
  if (!temperature) return undefined;
  const scale = family.number('attention.temperature_scale', temperature.scale);
  const original = family.integer('rope.scaling.original_context_length', 0);
  const length = family.integer('attention.temperature_length', temperature.length ?? original);
  if (scale === 0) return undefined;
  if (!(scale > 0 && scale <= MAX.temperature && length >= 1 && length <= MAX.context))
    throw badModel(
      `The model's attention grows by ${scale} for every ${length} positions, not by up to ${MAX.temperature} for 1 to ${MAX.context}.`,
    );
  return { scale, length, offset: temperature.offset };
}

function capOf(family: FamilyMetadata, key: string): number | undefined {
  const cap = family.number(key, 0);
  return cap === 0 ? undefined : positive(cap, MAX.cap, key);
}

function nameOf(leaf: AnyLeaf<TensorSpec> | undefined): string | undefined {
  return leaf?.tensors[0]?.name;
}

function checkRequired({ requires, name: prefix }: Architecture, family: FamilyMetadata): void {
  for (const [name, wanted] of Object.entries(requires)) {
    const value = family.value(name);
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
