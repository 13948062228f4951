import { CHUNK_POSITIONS, mostChunks } from '../../kernels/attention/attention.ts';
import type { KvType } from '../../kernels/kv/kv.ts';
import type { ModelConfig } from '../../models/architectures/index.ts';
import { bytesInWords } from '../protocol/bytes-in-words.ts';
import { HearthError } from '../protocol/errors.ts';
import { expertElements, expertScratch } from './expert-plan.ts';
import {
  cacheBytes,
  type CacheGroup,
  contextBytes,
  groupBlocks,
  kvTypes,
  PAGE_SIZE,
  pageBytes,
  planCache,
} from './cache-plan.ts';
import { pageReadBytes } from './page-bytes.ts';
import { stepBytes } from './step-bytes.ts';

/** Positions kept when nobody says otherwise: enough for a long talk, small enough for a small machine. */
const DEFAULT_CONTEXT = 8192;
const MIN_CONTEXT = 256;
/** What whoever loads a model may decide. */
export interface PlanSizes {
  /** Bytes that this model may take on the device, all in all. */
  budgetBytes: number;
  /** Sequences that run at once. */
  slots: number;
  /** Rows of one step at most; by the adapter if absent. */
  maxRows?: number | undefined;
  contextLength?: number | undefined;
  kv?: KvType | undefined;
  /** Whether a tight budget may shorten the context: yes if absent. */
  canShrink?: boolean;
}

export interface PlanRequest extends PlanSizes {
  config: ModelConfig;
  /** With what brings them. */
  weightsBytes: number;
  maxRows: number;
  /** What the device binds at once; only steps that take whole texts may want more. */
  bindingBytes?: number;
}

/** Every size, before a byte is allocated. Nothing is allocated later. */
export interface Plan {
  contextLength: number;
  slots: number;
  maxRows: number;
  pageSize: number;
  /** Whether each text is computed in one step, which has room for the longest: there is no cache. */
  isWhole: boolean;
  /** The cache's blocks and pages, by how far back they read. */
  groups: readonly CacheGroup[];
  /** Pages that hold whatever the cache can hold of texts: those of the largest group. */
  pageCount: number;
  /** Pages of one sequence at most. */
  maxPages: number;
  kv: KvType;
  /** With what brings them, which they may need again. */
  weightsBytes: number;
  kvBytes: number;
  /** And all else that a step takes. */
  activationsBytes: number;
  totalBytes: number;
}

/** Fails with `out-of-memory`, and a sentence of what would fit, if the model does not fit the budget. */
export function planMemory(request: PlanRequest): Plan {
  return request.config.hasCache ? planCached(request) : planWhole(request);
}

function planCached(request: PlanRequest): Plan {
  const { config, weightsBytes, budgetBytes, slots, maxRows, canShrink = true } = request;
  const wanted = Math.min(config.contextLength, request.contextLength ?? DEFAULT_CONTEXT);
  const sizes = (contextLength: number, kv: KvType) => ({ config, contextLength, slots, maxRows, kv });
  const [first, ...others] = request.kv
    ? [request.kv]
    : kvTypes({ config, contextLength: wanted, slots, maxRows });
  const work = (contextLength: number, kv: KvType) =>
    workBytes(config, { contextLength, slots, maxRows }) + pageReadBytes(pageBytes(config, kv));
  const fixed = (contextLength: number, kv: KvType) => weightsBytes + work(contextLength, kv);
  const cacheOf = (contextLength: number, kv: KvType) =>
    planCache(sizes(contextLength, kv), budgetBytes - fixed(contextLength, kv));

  // What is rounded is better than what is forgotten, so the context is shortened last
  let contextLength = wanted;
  let kv = first!;
  let groups = cacheOf(contextLength, kv);
  while (!groups && canShrink) {
    const next = others.shift();
    if (next) kv = next;
    else if (contextLength > MIN_CONTEXT)
      contextLength = Math.max(MIN_CONTEXT, Math.floor(contextLength / 2));
    else break;
    groups = cacheOf(contextLength, kv);
  }
  if (!groups)
    throw tooLarge(request, contextLength, fixed(contextLength, kv) + contextBytes(sizes(contextLength, kv)));

  const maxPages = Math.ceil(contextLength / PAGE_SIZE);
  const kvBytes = cacheBytes(sizes(contextLength, kv), groups);
  const activationsBytes = work(contextLength, kv);
  return {
    contextLength,
    slots,
    maxRows,
    isWhole: false,
    pageSize: PAGE_SIZE,
    groups,
    pageCount: Math.max(...groups.map(({ pageCount }) => pageCount)),
    maxPages,
    kv,
    weightsBytes,
    kvBytes,
    activationsBytes,
    totalBytes: weightsBytes + kvBytes + activationsBytes,
  };
}

/** Steps have room for the longest text. No text needs pages. */
function planWhole(request: PlanRequest): Plan {
  const { config, weightsBytes, budgetBytes, slots, canShrink = true } = request;
  const { bindingBytes = Number.POSITIVE_INFINITY } = request;
  const sizes = (contextLength: number) => ({
    contextLength,
    slots,
    maxRows: Math.max(request.maxRows, contextLength),
  });
  const needed = (contextLength: number) => weightsBytes + workBytes(config, sizes(contextLength));
  const largest = (contextLength: number) =>
    4 * Math.max(...Object.values(activationElements(config, sizes(contextLength))));

  let contextLength = Math.min(config.contextLength, request.contextLength ?? DEFAULT_CONTEXT);
  // What the device cannot bind does not become possible by unloading others
  while (contextLength > MIN_CONTEXT && largest(contextLength) > bindingBytes)
    contextLength = Math.max(MIN_CONTEXT, Math.floor(contextLength / 2));
  const shortest = Math.min(contextLength, canShrink ? MIN_CONTEXT : contextLength);
  while (contextLength > shortest && needed(contextLength) > budgetBytes)
    contextLength = Math.max(shortest, Math.floor(contextLength / 2));
  const totalBytes = needed(contextLength);
  if (totalBytes > budgetBytes) throw tooLarge(request, contextLength, totalBytes);
  return {
    ...sizes(contextLength),
    isWhole: true,
    pageSize: Number.POSITIVE_INFINITY,
    groups: [],
    pageCount: 0,
    maxPages: 0,
    kv: 'f32',
    weightsBytes,
    kvBytes: 0,
    activationsBytes: totalBytes - weightsBytes,
    totalBytes,
  };
}

function tooLarge({ weightsBytes, budgetBytes }: PlanRequest, contextLength: number, needed: number) {
  return new HearthError(
    'out-of-memory',
    `This model needs ${bytesInWords(needed)} at its shortest context of ${contextLength} tokens (${bytesInWords(weightsBytes)} of weights), but Hearth may use ${bytesInWords(Math.max(0, budgetBytes))} more. Raise the memory cap in the options, or choose a smaller model or quantisation.`,
  );
}

/** Weights and a cache for the default context in f16: what to expect before a device is there to plan for. */
export function leastMemoryBytes(config: ModelConfig, weightsBytes: number): number {
  if (!config.hasCache) return weightsBytes;
  const contextLength = Math.min(config.contextLength, DEFAULT_CONTEXT);
  return weightsBytes + contextBytes({ config, contextLength, slots: 1, maxRows: 512, kv: 'f16' });
}

/**
 * The activation buffers in f32 elements. Three scratch buffers serve a block in turn: what is read and what is
 * written in one dispatch never share one, and nothing outlives the next use.
 *
 *   wide    qkv (rows, Q + 2 KV)   then gate|up (rows, 2 FFN)
 *   middle  q (rows, Q)            then act(gate)·up (rows, FFN)
 *   narrow  normed x (rows, D), then attention's output (rows, Q), then normed x again
 *
 * A short convolution has B|C|x (rows, 3 D) in wide, and in narrow what it gives.
 *
 * A block with experts has gate|up (pairs, 2 FFN), then what experts give (pairs, D), in wide, and act(gate)·up (pairs,
 * FFN) in middle, for every pair of a row and one of its experts; x stays normed in a buffer of its own.
 *
 * A family with post-norms has what they read (rows, D) in wide after attention, and in narrow after the
 * feed-forward.
 */
export function activationElements(
  config: ModelConfig,
  { contextLength, slots, maxRows }: Pick<Plan, 'contextLength' | 'slots' | 'maxRows'>,
) {
  const { dim, heads, kvHeads, headDim, ffn, convolved, experts } = config;
  const conv = convolved > 0 ? dim : 0;
  const q = heads * headDim;
  const scratch = expertScratch(experts, dim);
  // A model that makes vectors chooses no tokens
  const vocab = config.pooling ? 0 : config.vocab;
  const projected = slots * config.projectedDim;
  const partials = config.hasCache
    ? Math.min(mostChunks(config), Math.ceil(contextLength / CHUNK_POSITIONS)) * slots * heads * (headDim + 4)
    : 0;
  return {
    x: maxRows * dim,
    wide: Math.max(
      projected,
      maxRows * Math.max(q + 2 * kvHeads * headDim, 2 * ffn, dim, 3 * conv, scratch.wide),
    ),
    middle: Math.max(projected, maxRows * Math.max(q, ffn, conv, scratch.middle)),
    narrow: maxRows * Math.max(dim, q),
    ...expertElements(config, maxRows),
    outputs: slots * Math.max(dim, config.vectorDim),
    outputsNormed: slots * dim,
    // What is merged of attention lies there too: that is over when the head begins
    logits: Math.max(slots * vocab, partials),
    rotations: config.ropes.length * rotationElements(config, contextLength),
    counts: slots * vocab,
  };
}

/** Of one of the model's ropes. Tables lie one after the other, each where every adapter can bind it. */
export function rotationElements({ rotaryDim }: ModelConfig, contextLength: number): number {
  return Math.ceil((contextLength * rotaryDim) / 64) * 64;
}

/** Of the activations, each in a buffer of a word at least. */
export function activationBytes(
  config: ModelConfig,
  sizes: Pick<Plan, 'contextLength' | 'slots' | 'maxRows'>,
): number {
  return 4 * Object.values(activationElements(config, sizes)).reduce((sum, n) => sum + Math.max(1, n), 0);
}

/** Of the page tables: one for each group of blocks, whose pages are a word each. */
export function tableBytes(groups: number, { contextLength, slots }: Pick<Plan, 'contextLength' | 'slots'>) {
  return groups * slots * Math.ceil(contextLength / PAGE_SIZE) * 4;
}

/** Everything but the weights and the cache. */
function workBytes(config: ModelConfig, sizes: Pick<Plan, 'contextLength' | 'slots' | 'maxRows'>): number {
  const groups = config.hasCache ? groupBlocks({ config, ...sizes }).length : 0;
  return activationBytes(config, sizes) + stepBytes(config, sizes) + tableBytes(groups, sizes);
}
