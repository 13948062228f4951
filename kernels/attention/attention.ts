import type { BindingKind, Cost, Kernel, StepSize } from '../kernel.ts';
import { type KvShape, type KvType, kvConstants, kvEntryBytes, kvWgsl } from '../kv/kv.ts';
import { type TurnShape, turnConstants, turnWgsl } from '../rope/rope.ts';
import step from '../step.wgsl?raw';
import common from './attention.wgsl?raw';
import combine from './attention-combine.wgsl?raw';
import decode from './attention-decode.wgsl?raw';
import prefill from './attention-prefill.wgsl?raw';
import simple from './attention-simple.wgsl?raw';
import chunks from './chunks.wgsl?raw';
import cached from './decode-cached.wgsl?raw';
import turning from './decode-turning.wgsl?raw';
import noSinks from './no-sinks.wgsl?raw';
import sinksWgsl from './sinks.wgsl?raw';
import lanesSubgroup from './lanes-subgroup.wgsl?raw';
import lanesAlone from './lanes-alone.wgsl?raw';

export interface AttentionShape extends KvShape {
  heads: number;
  /** Usually 1 / sqrt(headDim). */
  scale: number;
  /** How many positions a row sees, its own included; 0 is all. */
  window: number;
  /** Whether windows begin at multiples of their length: a row sees only its own chunk of positions. */
  isAligned?: boolean | undefined;
  /** Scores s become cap · tanh(s / cap); as they are if absent. */
  cap?: number | undefined;
}

export interface SimpleAttentionShape extends AttentionShape {
  rows: number;
  threads: number;
}

export interface DecodeAttentionShape extends AttentionShape {
  rows: number;
  /** A row that sees at most so many positions is one workgroup's for each block of heads. */
  alonePositions: number;
  /** Visible positions that one workgroup takes of a row that sees more. */
  chunkPositions: number;
  /** Chunks of the longest row of the step: `decodeChunks`. */
  chunks: number;
  /** In a workgroup: a power of two from 64 to 256. */
  threads: number;
  /** The adapter's smallest subgroup (`subgroupMinSize`), for the variant that has some. */
  subgroupSize: number;
  /** Heads that share keys and values and go to one workgroup, at most: 1 to 4. */
  block: number;
  /** For the variant that turns. */
  turn?: TurnShape | undefined;
}

export interface PrefillAttentionShape extends AttentionShape {
  tiles: number;
}

/** Whether a learned score of each head, (heads) f32 bound last, takes a share of the weights. */
export type Sinks = 'sinks' | 'no sinks';
const SINKS_WGSL: Record<Sinks, string> = { sinks: sinksWgsl, 'no sinks': noSinks };
const SUFFIX: Record<Sinks, string> = { sinks: '-sinks', 'no sinks': '' };

/** Rows that a tile of `attention-prefill` has at most. */
export const TILE_ROWS = 64;

/** Up to about so many positions one workgroup takes no longer than a second dispatch costs. */
export const ALONE_POSITIONS = 256;

/** Chunks that fill a GPU where there are many positions, without more to combine than need be. */
export function chunkPositions(contextLength: number): number {
  return Math.max(128, powerOfTwo(contextLength / 128));
}

/** For software adapters. Reads `q` (rows, heads · headDim), `k`, `v`, `pages`, `step`; writes `out` (rows, heads · headDim). */
export function attentionSimple(kv: KvType, sinks: Sinks = 'no sinks'): Kernel<SimpleAttentionShape> {
  return {
    name: `attention-simple-${kv}${SUFFIX[sinks]}`,
    wgsl: kvWgsl[kv].read + step + common + SINKS_WGSL[sinks] + simple,
    bindings: withSinks(sinks, ['read', 'read', 'read', 'read', 'read', 'write']),
    cost: (shape, step) => attentionCost(kv, shape, shape.rows, step),
    constants: (shape) => ({ ...attentionConstants(shape), THREADS: shape.threads }),
    workgroups: ({ heads, rows, threads }) => [Math.ceil(heads / threads), rows],
  };
}

/** What `attentionDecode` is made of. */
export interface DecodeVariant {
  kv: KvType;
  lanes: 'subgroup' | 'workgroup';
  /** `turning` does for its rows what kernels/rope does. It binds as much as every adapter can, so it has no room for sinks. */
  from: 'cached' | 'turning';
  sinks?: Sinks;
}

/**
 * For few rows on a real GPU. From `cached` it reads what `attentionSimple` reads; `turning` has `qkv` (rows, (heads +
 * 2 kvHeads) · headDim) in q's place, and `rotation` after `partials`. Rows of one chunk go to `out`, others to `partials`
 * (`partialBytes`), which `attentionCombine` merges. Both are bound either way.
 */
export function attentionDecode({
  kv,
  lanes,
  from,
  sinks = 'no sinks',
}: DecodeVariant): Kernel<DecodeAttentionShape> {
  const isTurning = from === 'turning';
  return {
    name: `attention-decode-${from}-${lanes}-${kv}${SUFFIX[sinks]}`,
    wgsl:
      (lanes === 'subgroup' ? lanesSubgroup : lanesAlone) +
      (isTurning ? kvWgsl[kv].both + turnWgsl + turning : kvWgsl[kv].read + cached) +
      step +
      common +
      chunks +
      SINKS_WGSL[sinks] +
      decode,
    bindings: isTurning
      ? ['read', 'write', 'write', 'read', 'read', 'write', 'write', 'read']
      : withSinks(sinks, ['read', 'read', 'read', 'read', 'read', 'write', 'write']),
    needs: lanes === 'subgroup' ? ['subgroups'] : [],
    cost: (shape, step) => attentionCost(kv, shape, shape.rows, step),
    constants: (shape) => ({
      ...attentionConstants(shape),
      ...chunkConstants(shape),
      ...decodeDivision(shape, lanes),
      ...(isTurning && turnConstants(shape.turn!)),
    }),
    workgroups: (shape) => {
      const group = shape.heads / shape.kvHeads;
      return [shape.kvHeads * Math.ceil(group / blockOf(shape)), shape.rows, shape.chunks];
    },
  };
}

/** Reads `partials` and `step`; writes `out`. Of the same shape as the dispatch that wrote `partials`; where that had one chunk, there is nothing to combine. */
export function attentionCombine(sinks: Sinks = 'no sinks'): Kernel<DecodeAttentionShape> {
  return {
    name: `attention-combine${SUFFIX[sinks]}`,
    wgsl: step + common + chunks + SINKS_WGSL[sinks] + combine,
    bindings: withSinks(sinks, ['read', 'read', 'write']),
    cost: (shape) => ({
      bytes: partialBytes(shape) + shape.rows * shape.heads * shape.headDim * 4,
      operations: (2 * partialBytes(shape)) / 4,
    }),
    constants: (shape) => ({
      ...scoreConstants(shape),
      HEAD_DIM: shape.headDim,
      ...chunkConstants(shape),
      THREADS: shape.threads,
    }),
    workgroups: ({ heads, rows, chunks }) => (chunks > 1 ? [heads, rows] : [0]),
  };
}

/**
 * For prompts on a real GPU. Reads `q`, `k`, `v`, `pages` as the others, and `tiles`, u32 {first row, rows, sequence,
 * position of the first row}: at most TILE_ROWS rows of one sequence, in order. Writes `out` of those rows.
 */
export function attentionPrefill(kv: KvType, sinks: Sinks = 'no sinks'): Kernel<PrefillAttentionShape> {
  return {
    name: `attention-prefill-${kv}${SUFFIX[sinks]}`,
    wgsl: kvWgsl[kv].read + common + SINKS_WGSL[sinks] + prefill,
    bindings: withSinks(sinks, ['read', 'read', 'read', 'read', 'read', 'write']),
    cost: (shape, step) => attentionCost(kv, shape, step.rows, step),
    constants: attentionConstants,
    workgroups: ({ tiles, heads }) => [tiles, heads],
  };
}

/** Chunks that a row at `position` has, at most; a step needs those of its longest row. */
export function decodeChunks(
  position: number,
  { window, alonePositions, chunkPositions }: Omit<DecodeAttentionShape, 'rows' | 'chunks'>,
): number {
  const positions = visible(position + 1, window);
  return positions <= alonePositions ? 1 : Math.ceil(positions / chunkPositions);
}

export function partialBytes({ rows, heads, headDim, chunks }: DecodeAttentionShape): number {
  return chunks * rows * heads * (headDim + 4) * 4;
}

/**
 * Every position that is seen is read once, and every row multiplies with those it sees twice: q k and weights v. Decoding
 * rows are all as deep as the deepest; prompts count as one text that begins in this step.
 */
function attentionCost(
  kv: KvType,
  { heads, kvHeads, headDim, window }: AttentionShape,
  rows: number,
  { depth }: StepSize,
): Cost {
  const isDecoding = depth > 0;
  const seen = isDecoding ? rows * visible(depth, window) : sumTo(rows, (row) => visible(row, window));
  const positions = isDecoding ? seen : rows;
  return {
    bytes: 2 * positions * kvHeads * kvEntryBytes(kv, headDim) + 2 * rows * heads * headDim * 4,
    operations: 4 * seen * heads * headDim,
  };
}

function visible(positions: number, window: number): number {
  return window === 0 ? positions : Math.min(positions, window);
}

/** of(1) + … + of(count) */
function sumTo(count: number, of: (i: number) => number): number {
  return Array.from({ length: count }, (_, i) => of(i + 1)).reduce((sum, value) => sum + value, 0);
}

function attentionConstants(shape: AttentionShape): Record<string, number> {
  return { ...kvConstants(shape), ...scoreConstants(shape) };
}

function scoreConstants({ heads, scale, window, isAligned, cap }: AttentionShape): Record<string, number> {
  return { HEADS: heads, SCALE: scale, WINDOW: window, ALIGNED: isAligned ? 1 : 0, CAP: cap ?? 0 };
}

function withSinks(sinks: Sinks, bindings: BindingKind[]): BindingKind[] {
  return sinks === 'sinks' ? [...bindings, 'read'] : bindings;
}

function chunkConstants({ alonePositions, chunkPositions }: DecodeAttentionShape): Record<string, number> {
  return { ALONE: alonePositions, CHUNK: chunkPositions };
}

/** Quads of workgroup memory for what is merged: 8 KB. */
const HELD_QUADS = 512;

/** How a workgroup of `attention-decode` divides its work. */
function decodeDivision(shape: DecodeAttentionShape, lanes: DecodeVariant['lanes']) {
  const quads = shape.headDim / 4;
  const block = blockOf(shape);
  const held = Math.floor(HELD_QUADS / (Math.floor(shape.threads / quads) * quads));
  return {
    BLOCK: block,
    LANES: lanes === 'subgroup' ? 2 : 1,
    THREADS: shape.threads,
    HELD: Math.min(block, held),
    ...(lanes === 'subgroup' && { NEAR: shape.subgroupSize }),
  };
}

/** Heads that a workgroup takes, as even as can be: a group of five is three and two. */
function blockOf({ heads, kvHeads, block }: DecodeAttentionShape): number {
  const group = heads / kvHeads;
  return Math.ceil(group / Math.ceil(group / block));
}

/** The largest power of two up to `limit`. */
function powerOfTwo(limit: number): number {
  return 2 ** Math.floor(Math.log2(limit));
}
