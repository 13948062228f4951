import { badModel, quoted, unsupportedModel } from '../errors.ts';
import type { Gguf } from '../gguf/read-gguf.ts';
import type { Architecture, Sizes, TensorSpec } from './architecture.ts';
import { type Experts, readExperts } from './expert-config.ts';
import { FamilyMetadata } from './family-metadata.ts';
import type { AnyLeaf } from './roles.ts';
import { type RopeScaling, readRopeScaling } from './rope-scaling.ts';

/** Which two elements of a head RoPE turns together: 2i and 2i + 1, or i and i + rotaryDim / 2. */
export type RopePairs = 'adjacent' | 'halves';

/** What the gate of the feed-forward goes through: x · sigmoid(x), or GELU in its tanh form. */
export type Activation = 'silu' | 'gelu';

/** What of a text's rows becomes its vector: their mean, the first of them, or the last. */
export type Pooling = 'mean' | 'first' | 'last';

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
  /** Of each block; undefined where a short convolution mixes positions. */
  attention: readonly (BlockAttention | undefined)[];
  /** Positions that a short convolution sees, its own included; 0 in models without. */
  convolved: number;
  attentionScale: number;
  /** Scores s become cap · tanh(s / cap). */
  attentionCap?: number | undefined;
  /** As do logits. */
  logitCap?: number | undefined;
  embeddingScale: number;
  activation: Activation;
  /** Of blocks that have any. */
  experts?: Experts | undefined;
  normEps: number;
  vocab: number;
  /** Positions that the model was made for. */
  contextLength: number;
  /** Whether a position sees only those before it, and itself; else a window is half before, half after it. */
  isCausal: boolean;
  /** How a text becomes one vector; undefined in models that write text. */
  pooling: Pooling | undefined;
  /**
   * Whether what later positions need is kept. Where it is not, since positions see later ones or all make the vector,
   * a text is computed whole, in one step.
   */
  hasCache: boolean;
  /** Values of a text's vector, and of what comes between the two maps that make it, where there are such. */
  vectorDim: number;
  projectedDim: number;
  /** Types of tokens that the model tells apart. */
  tokenTypes: number;
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
  convolved: 16,
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
  const kvHeadsOf =
    readKvHeads(architecture, family, blocks, heads) ??
    Array<number>(blocks).fill(size('attention.head_count_kv', heads, heads));
  const kvHeads = Math.max(...kvHeadsOf);
  if (heads % kvHeads !== 0)
    throw badModel(`The model has ${heads} heads, which ${kvHeads} KV heads cannot share evenly.`);
  const convolved = architecture.hasShortConvolutions ? size('shortconv.l_cache', MAX.convolved) : 0;

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

  const epsilonKey = `attention.${architecture.hasLayerNorms ? 'layer_norm' : 'layer_norm_rms'}_epsilon`;
  const sizes: Sizes = { blocks, dim, heads, headDim };
  const ffn = size('feed_forward_length', MAX.dim * 8);
  const config: ModelConfig = {
    ...sizes,
    name: metadata.string('general.name', prefix),
    architecture: prefix,
    ffn,
    kvHeads,
    rotaryDim,
    ropePairs,
    ...readAttention(architecture, sizes, kvHeadsOf, family, tensors),
    convolved,
    attentionScale: architecture.attentionScale?.(sizes) ?? 1 / Math.sqrt(headDim),
    ...readCaps(architecture, family),
    embeddingScale: architecture.embeddingScale?.(sizes) ?? 1,
    activation,
    experts: readExperts(architecture, family, ffn),
    normEps: positive(family.number(epsilonKey), 1, 'norm epsilon'),
    vocab,
    contextLength: size('context_length', MAX.context),
    ...readPooling(architecture, family),
    ...readProjections(architecture, family, dim, tensors),
    tokenTypes: metadata.integer('tokenizer.ggml.token_type_count', 1),
    tiedHead: !tensors.has(nameOf(architecture.tensors.head) ?? ''),
  };
  const unknown = family.notAsked().find((key) => !IDLE.some((name) => key === `${prefix}.${name}`));
  if (unknown !== undefined)
    throw unsupportedModel(
      `The model's metadata has ${quoted(unknown)}, which Hearth's ${prefix} knows nothing of: the answers might be wrong. Get another version of the model.`,
    );
  return config;
}

/** By `pooling_type`. */
const POOLINGS: readonly (Pooling | undefined)[] = [undefined, 'mean', 'first', 'last'];

/** What a row sees, and what becomes of a text. */
function readPooling(
  { requires }: Architecture,
  family: FamilyMetadata,
): Pick<ModelConfig, 'isCausal' | 'pooling' | 'hasCache'> {
  const isCausal = family.value('attention.causal') ?? requires['attention.causal'] ?? true;
  if (typeof isCausal !== 'boolean')
    throw badModel(`The model's ${quoted(family.key('attention.causal'))} is neither true nor false.`);
  const type = family.integer('pooling_type', 0);
  if (!(type in POOLINGS))
    throw unsupportedModel(
      `The model's ${quoted(family.key('pooling_type'))} is ${type}${type === 4 ? ', of models that rank texts' : ''}, and Hearth makes vectors by 1 (mean), 2 (first token) and 3 (last token). Get a model of these.`,
    );
  const pooling = POOLINGS[type];
  if (!isCausal && !pooling)
    throw unsupportedModel(
      `The model's ${quoted(family.key('attention.causal'))} is false, which only models have that make vectors, and Hearth runs others only with true. It has no ${quoted(family.key('pooling_type'))} to say how it would make one: 1 (mean), 2 (first token) or 3 (last token). Get another conversion of it.`,
    );
  return { isCausal, pooling, hasCache: isCausal && (!pooling || pooling === 'last') };
}

/** Files have the numbers of the two maps and not the maps, or both, as they were converted. */
function readProjections(
  { tensors: { project, projectAgain } }: Architecture,
  family: FamilyMetadata,
  dim: number,
  tensors: Gguf['tensors'],
): Pick<ModelConfig, 'vectorDim' | 'projectedDim'> {
  const none = { vectorDim: dim, projectedDim: 0 };
  if (!project) return none;
  const read = (key: string) => {
    const value = family.integer(key, dim);
    if (value >= 1 && value <= MAX.dim) return value;
    throw badModel(`The model's ${quoted(family.key(key))} is ${value}, not from 1 to ${MAX.dim}.`);
  };
  const [from, between] = [read('dense_2_feat_in'), read('dense_2_feat_out')];
  const [after, to] = [read('dense_3_feat_in'), read('dense_3_feat_out')];
  const has = [project, projectAgain].map((leaf) => tensors.has(nameOf(leaf) ?? ''));
  if (!has.includes(true)) return none;
  if (has.includes(false))
    throw badModel('The model has one of the two maps of its vectors, but not the other. Convert it again.');
  if (from !== dim || between !== after)
    throw badModel(
      `The model's vectors of ${dim} values go through maps of ${from} to ${between} and ${after} to ${to} values, which do not fit each other.`,
    );
  return { vectorDim: to, projectedDim: between };
}

/** A list for all blocks, where the file has one: 0 says that a short convolution stands in for attention. */
function readKvHeads(
  { hasShortConvolutions }: Architecture,
  family: FamilyMetadata,
  blocks: number,
  heads: number,
): number[] | undefined {
  const key = 'attention.head_count_kv';
  const value = family.value(key);
  if (!ArrayBuffer.isView(value) && !Array.isArray(value)) return undefined;
  const list = Array.from(value as ArrayLike<unknown>, Number);
  const kvHeads = list.find((count) => count !== 0);
  const isRight = (count: number) => count === kvHeads || (count === 0 && hasShortConvolutions);
  const isCount = Number.isInteger(kvHeads) && kvHeads! >= 1 && kvHeads! <= heads;
  if (isCount && list.length === blocks && list.every(isRight)) return list;
  throw unsupportedModel(
    `The model's ${quoted(family.key(key))} has ${list.length} numbers (${quoted(list.slice(0, 8).join(', '))} at first), and Hearth needs one whole number from 1 to ${heads} for all ${blocks} blocks${hasShortConvolutions ? ' but those without attention, of 0' : ''}. Get another model.`,
  );
}

/** Which blocks see and turn what. */
function readAttention(
  architecture: Architecture,
  sizes: Sizes,
  kvHeadsOf: readonly number[],
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
  const attention = kvHeadsOf.map((kvHeads, block): BlockAttention | undefined => {
    if (kvHeads === 0) return undefined;
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

function readCaps(
  { caps }: Architecture,
  family: FamilyMetadata,
): Pick<ModelConfig, 'attentionCap' | 'logitCap'> {
  if (!caps) return {};
  const read = (key: string, fallback: number) => positive(family.number(key, fallback), MAX.cap, key);
  return {
    attentionCap: read('attn_logit_softcapping', caps.scores),
    logitCap: read('final_logit_softcapping', caps.logits),
  };
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
