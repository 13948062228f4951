import type { BindingKind, Cost, Kernel, StepSize } from '../kernel.ts';
import { type KvShape, type KvType, kvConstants, kvEightsWgsl, kvEntryBytes, kvWgsl } from '../kv/kv.ts';
import { enable } from '../quants/weights.ts';
import { type HeadNorms, type TurnShape, turnConstants, turnWgsl } from '../rope/rope.ts';
import step from '../step.wgsl?raw';
import common from './attention.wgsl?raw';
import combine from './attention-combine.wgsl?raw';
import decode from './attention-decode.wgsl?raw';
import prefill from './attention-prefill.wgsl?raw';
import simple from './attention-simple.wgsl?raw';
import streams from './attention-streams.wgsl?raw';
import chunks from './chunks.wgsl?raw';
import block from './decode-block.wgsl?raw';
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
  /** Visible positions that one workgroup takes of a row that sees more, at least. */
  chunkPositions: number;
  /** Chunks of a row at most: then they are of more positions. */
  mostChunks: number;
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
  /** Of RMS norm, for the variant that norms heads. */
  eps?: number | undefined;
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

/** Fewer a workgroup would not ask for at once. */
export const CHUNK_POSITIONS = 128;

/** Workgroups that fill a wide GPU, without more to combine than need be. */
const MANY_WORKGROUPS = 264;

/** Heads that a workgroup takes where the cache is long. */
export const MOST_HEADS = 4;

/** Chunks of a row at most. */
export function mostChunks(shape: Pick<AttentionShape, 'heads' | 'kvHeads'>): number {
  return Math.max(1, Math.floor(MANY_WORKGROUPS / blocksOf({ ...shape, block: MOST_HEADS })));
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

/**
 * How threads share the work: each alone, or some for each position, and then others for each quad of what comes out; or in
 * streams, for heads that a subgroup holds in eights.
 */
export type DecodeLanes = 'workgroup' | 'subgroup' | 'streams';

export function decodeLanes(
  team: 'workgroup' | 'subgroup',
  { headDim }: Pick<KvShape, 'headDim'>,
  subgroupSize: number,
): DecodeLanes {
  return team === 'subgroup' && headDim % 8 === 0 && headDim / 8 <= subgroupSize ? 'streams' : team;
}

/** What `attentionDecode` is made of. */
export interface DecodeVariant {
  kv: KvType;
  lanes: DecodeLanes;
  /** `turning` does for its rows what kernels/rope does. It binds as much as every adapter can, so it has no room for sinks. */
  from: 'cached' | 'turning';
  /** For `turning`: what kernels/head-norm does too. That takes two bindings more than every adapter has. */
  norms?: HeadNorms;
  sinks?: Sinks;
}

/**
 * For few rows on a real GPU. From `cached` it reads what `attentionSimple` reads; `turning` has `qkv` (rows, (heads +
 * 2 kvHeads) · headDim) in q's place, and `rotation` after `partials`, then the weights of q's and k's norms. Rows of one chunk go to `out`, others to `partials`
 * (`partialBytes`), which `attentionCombine` merges. Both are bound either way.
 */
export function attentionDecode({
  kv,
  lanes,
  from,
  norms = 'no norms',
  sinks = 'no sinks',
}: DecodeVariant): Kernel<DecodeAttentionShape> {
  const isTurning = from === 'turning';
  const isNorming = norms === 'norms heads';
  const needs = lanes === 'workgroup' ? [] : (['subgroups'] as const);
  const cache = (lanes === 'streams' ? kvEightsWgsl : kvWgsl)[kv];
  return {
    name: `attention-decode-${from}-${lanes}-${kv}${isNorming ? '-normed' : ''}${SUFFIX[sinks]}`,
    wgsl:
      enable(needs) +
      LANES_WGSL[lanes] +
      (isTurning ? cache.both + turnWgsl[norms] + turning : cache.read + cached) +
      step +
      common +
      chunks +
      block +
      SINKS_WGSL[sinks],
    bindings: isTurning
      ? [...TURNING, ...(isNorming ? (['read', 'read'] as const) : [])]
      : withSinks(sinks, ['read', 'read', 'read', 'read', 'read', 'write', 'write']),
    needs,
    cost: (shape, step) => attentionCost(kv, shape, shape.rows, step),
    constants: (shape) => ({
      ...attentionConstants(shape),
      ...chunkConstants(shape),
      ...(lanes === 'streams' ? streamDivision(shape) : decodeDivision(shape, lanes)),
      ...(isTurning && turnConstants(shape.turn!)),
      ...(isNorming && { EPS: shape.eps! }),
    }),
    workgroups: (shape) => [blocksOf(shape), shape.rows, shape.chunks],
  };
}

const LANES_WGSL: Record<DecodeLanes, string> = {
  workgroup: lanesAlone + decode,
  subgroup: lanesSubgroup + decode,
  streams,
};

/** Storage buffers that decoding takes where it norms heads. */
export const NORMING_BINDINGS = 10;

const TURNING: BindingKind[] = ['read', 'write', 'write', 'read', 'read', 'write', 'write', 'read'];

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
  { window, alonePositions, chunkPositions, mostChunks }: Omit<DecodeAttentionShape, 'rows' | 'chunks'>,
): number {
  const positions = visible(position + 1, window);
  return positions <= alonePositions ? 1 : Math.min(mostChunks, Math.ceil(positions / chunkPositions));
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

function chunkConstants(shape: DecodeAttentionShape): Record<string, number> {
  return { ALONE: shape.alonePositions, CHUNK: shape.chunkPositions, MOST_CHUNKS: shape.mostChunks };
}

/** Quads of workgroup memory for what is merged: 8 KB. */
const HELD_QUADS = 512;

/** How a workgroup of `attention-decode` divides its work. */
function decodeDivision(shape: DecodeAttentionShape, lanes: 'workgroup' | 'subgroup') {
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

/** The same of streams: a thread has eight dimensions. */
function streamDivision(shape: DecodeAttentionShape) {
  const { headDim, threads, subgroupSize } = shape;
  const block = blockOf(shape);
  const teams = threads / subgroupSize;
  return {
    BLOCK: block,
    LANES: 2 ** Math.ceil(Math.log2(headDim / 8)),
    THREADS: threads,
    NEAR: subgroupSize,
    HELD: Math.min(block, Math.max(1, Math.floor(HELD_QUADS / (teams * (headDim / 4))))),
  };
}

/** Heads that a workgroup takes, as even as can be: a group of five is three and two. */
function blockOf({ heads, kvHeads, block }: BlockShape): number {
  const group = heads / kvHeads;
  return Math.ceil(group / Math.ceil(group / block));
}

/** Workgroups that share a row's heads. */
function blocksOf(shape: BlockShape): number {
  return shape.kvHeads * Math.ceil(shape.heads / shape.kvHeads / blockOf(shape));
}

type BlockShape = Pick<DecodeAttentionShape, 'heads' | 'kvHeads' | 'block'>;
