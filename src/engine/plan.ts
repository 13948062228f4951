import { chunkPositions } from '../../kernels/attention/attention.ts';
import type { KvType } from '../../kernels/kv/kv.ts';
import type { ModelConfig } from '../../models/architectures/index.ts';
import { HearthError } from '../protocol/errors.ts';

export const PAGE_SIZE = 16;
/** Positions kept when nobody says otherwise: enough for a long talk, small enough for a small machine. */
const DEFAULT_CONTEXT = 8192;
const MIN_CONTEXT = 256;
/** The cache has room for this many full contexts, if memory allows. */
const POOLED_CONTEXTS = 4;
/** Below this the cache is kept in f32, which is exact and costs nobody much; above in f16. */
const F32_CACHE_BYTES = 64 * 2 ** 20;

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
  weightsBytes: number;
  maxRows: number;
}

/** Every size, before a byte is allocated. Nothing is allocated later. */
export interface Plan {
  contextLength: number;
  slots: number;
  maxRows: number;
  pageSize: number;
  /** Pages of the whole cache. */
  pageCount: number;
  /** Pages of one sequence at most. */
  maxPages: number;
  kv: KvType;
  weightsBytes: number;
  kvBytes: number;
  activationsBytes: number;
  totalBytes: number;
}

/** Fails with `out-of-memory`, and a sentence of what would fit, if the model does not fit the budget. */
export function planMemory(request: PlanRequest): Plan {
  const { config, weightsBytes, budgetBytes, slots, maxRows, canShrink = true } = request;
  const wanted = Math.min(config.contextLength, request.contextLength ?? DEFAULT_CONTEXT);
  const kv = request.kv ?? (kvBytesPerPosition(config, 'f32') * wanted <= F32_CACHE_BYTES ? 'f32' : 'f16');
  const bytesPerPage = kvBytesPerPosition(config, kv) * PAGE_SIZE;

  const fixed = (context: number) =>
    weightsBytes + activationBytes(config, { contextLength: context, slots, maxRows });
  const pagesThatFit = (context: number) => Math.floor((budgetBytes - fixed(context)) / bytesPerPage);

  let contextLength = wanted;
  while (
    canShrink &&
    contextLength > MIN_CONTEXT &&
    pagesThatFit(contextLength) < Math.ceil(contextLength / PAGE_SIZE)
  ) {
    contextLength = Math.max(MIN_CONTEXT, Math.floor(contextLength / 2));
  }
  contextLength = Math.min(contextLength, wanted);
  const maxPages = Math.ceil(contextLength / PAGE_SIZE);
  const pageCount = Math.min(pagesThatFit(contextLength), maxPages * Math.min(POOLED_CONTEXTS, slots));
  if (pageCount < maxPages) {
    const needed = fixed(contextLength) + maxPages * bytesPerPage;
    throw new HearthError(
      'out-of-memory',
      `This model needs ${megabytes(needed)} at its shortest context of ${contextLength} tokens (${megabytes(weightsBytes)} of weights), but Hearth may use ${megabytes(Math.max(0, budgetBytes))} more. Raise the memory cap in the options, or choose a smaller model or quantisation.`,
    );
  }

  const kvBytes = pageCount * bytesPerPage;
  const activationsBytes = activationBytes(config, { contextLength, slots, maxRows });
  return {
    contextLength,
    slots,
    maxRows,
    pageSize: PAGE_SIZE,
    pageCount,
    maxPages,
    kv,
    weightsBytes,
    kvBytes,
    activationsBytes,
    totalBytes: weightsBytes + kvBytes + activationsBytes,
  };
}

/** Weights and a cache for the default context in f16: what to expect before a device is there to plan for. */
export function leastMemoryBytes(config: ModelConfig, weightsBytes: number): number {
  return weightsBytes + kvBytesPerPosition(config, 'f16') * Math.min(config.contextLength, DEFAULT_CONTEXT);
}

export function kvBytesPerPosition({ blocks, kvHeads, headDim }: ModelConfig, kv: KvType): number {
  return blocks * 2 * kvHeads * headDim * (kv === 'f32' ? 4 : 2);
}

/**
 * The activation buffers in f32 elements. Three scratch buffers serve a block in turn: what is read and what is
 * written in one dispatch never share one, and nothing outlives the next use.
 *
 *   wide    qkv (rows, Q + 2 KV)   then gate|up (rows, 2 FFN)
 *   middle  q (rows, Q)            then act(gate)·up (rows, FFN)
 *   narrow  normed x (rows, D), then attention's output (rows, Q), then normed x again
 *
 * A family with post-norms has what they read (rows, D) in wide after attention, and in narrow after the
 * feed-forward.
 */
export function activationElements(
  config: ModelConfig,
  { contextLength, slots, maxRows }: Pick<Plan, 'contextLength' | 'slots' | 'maxRows'>,
) {
  const { dim, heads, kvHeads, headDim, ffn, vocab } = config;
  const q = heads * headDim;
  return {
    x: maxRows * dim,
    wide: maxRows * Math.max(q + 2 * kvHeads * headDim, 2 * ffn, dim),
    middle: maxRows * Math.max(q, ffn),
    narrow: maxRows * Math.max(dim, q),
    outputs: slots * dim,
    outputsNormed: slots * dim,
    logits: slots * vocab,
    rotations: config.ropes.length * rotationElements(config, contextLength),
    counts: slots * vocab,
    partials: Math.ceil(contextLength / chunkPositions(contextLength)) * slots * heads * (headDim + 4),
  };
}

/** Of one of the model's ropes. Tables lie one after the other, each where every adapter can bind it. */
export function rotationElements({ rotaryDim }: ModelConfig, contextLength: number): number {
  return Math.ceil((contextLength * rotaryDim) / 64) * 64;
}

function activationBytes(
  config: ModelConfig,
  sizes: Pick<Plan, 'contextLength' | 'slots' | 'maxRows'>,
): number {
  return 4 * Object.values(activationElements(config, sizes)).reduce((sum, n) => sum + n, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
