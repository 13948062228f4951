import type { BindingKind, Kernel } from '../kernel.ts';
import { type KvShape, type KvType, kvConstants, kvWgsl } from '../kv/kv.ts';
import step from '../step.wgsl?raw';
import common from './attention.wgsl?raw';
import combine from './attention-combine.wgsl?raw';
import decode from './attention-decode.wgsl?raw';
import prefill from './attention-prefill.wgsl?raw';
import simple from './attention-simple.wgsl?raw';
import noSinks from './no-sinks.wgsl?raw';
import sinksWgsl from './sinks.wgsl?raw';
import laneQuads2 from './lane-quads-2.wgsl?raw';
import laneQuads16 from './lane-quads-16.wgsl?raw';
import lanesSubgroup from './lanes-subgroup.wgsl?raw';
import lanesWorkgroup from './lanes-workgroup.wgsl?raw';

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
  /** Visible positions that one workgroup takes; the same number always gives a row the same sums. */
  chunkPositions: number;
  /** Chunks of the longest row of the step: `decodeChunks`. */
  chunks: number;
  /** The adapter's smallest subgroup (`subgroupMinSize`); any power of two for the variant without. */
  subgroupSize: number;
  /** At most so many per workgroup, a power of two of at least 64. */
  threads: number;
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

/** Past about so many positions one workgroup takes longer than a second dispatch costs. */
export const CHUNK_POSITIONS = 512;

/** For software adapters. Reads `q` (rows, heads · headDim), `k`, `v`, `pages`, `step`; writes `out` (rows, heads · headDim). */
export function attentionSimple(kv: KvType, sinks: Sinks = 'no sinks'): Kernel<SimpleAttentionShape> {
  return {
    name: `attention-simple-${kv}${SUFFIX[sinks]}`,
    wgsl: kvWgsl[kv].read + step + common + SINKS_WGSL[sinks] + simple,
    bindings: withSinks(sinks, ['read', 'read', 'read', 'read', 'read', 'write']),
    constants: (shape) => ({ ...attentionConstants(shape), THREADS: shape.threads }),
    workgroups: ({ heads, rows, threads }) => [Math.ceil(heads / threads), rows],
  };
}

/**
 * For few rows on a real GPU. Reads what `attentionSimple` reads; writes `out` if there is one chunk, else `partials`
 * (`partialBytes`), which `attentionCombine` merges. Both are bound either way.
 */
export function attentionDecode(
  kv: KvType,
  lanes: 'subgroup' | 'workgroup',
  shape: Pick<DecodeAttentionShape, 'headDim' | 'subgroupSize'>,
  sinks: Sinks = 'no sinks',
): Kernel<DecodeAttentionShape> {
  const sumLanes = lanes === 'subgroup' ? lanesSubgroup : lanesWorkgroup;
  const isSmall = lanesOf(shape).laneQuads <= 2;
  return {
    name: `attention-decode-${lanes}-${kv}${isSmall ? '' : '-wide'}${SUFFIX[sinks]}`,
    wgsl:
      sumLanes +
      (isSmall ? laneQuads2 : laneQuads16) +
      kvWgsl[kv].read +
      step +
      common +
      SINKS_WGSL[sinks] +
      decode,
    bindings: withSinks(sinks, ['read', 'read', 'read', 'read', 'read', 'write', 'write']),
    needs: lanes === 'subgroup' ? ['subgroups'] : [],
    constants: (shape) => ({
      ...attentionConstants(shape),
      ...decodeDivision(shape),
      CHUNK: shape.chunkPositions,
    }),
    workgroups: (shape) => {
      const group = shape.heads / shape.kvHeads;
      return [shape.kvHeads * Math.ceil(group / decodeDivision(shape).BLOCK), shape.rows, shape.chunks];
    },
  };
}

/** Reads `partials` and `step`; writes `out`. Of the same shape as the dispatch that wrote `partials`; where that had one chunk, there is nothing to combine. */
export function attentionCombine(sinks: Sinks = 'no sinks'): Kernel<DecodeAttentionShape> {
  return {
    name: `attention-combine${SUFFIX[sinks]}`,
    wgsl: step + common + SINKS_WGSL[sinks] + combine,
    bindings: withSinks(sinks, ['read', 'read', 'write']),
    constants: (shape) => ({
      ...scoreConstants(shape),
      HEAD_DIM: shape.headDim,
      CHUNK: shape.chunkPositions,
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
    constants: attentionConstants,
    workgroups: ({ tiles, heads }) => [tiles, heads],
  };
}

/** Chunks that a row at `position` has; a step needs those of its longest row. */
export function decodeChunks(position: number, { window, chunkPositions }: DecodeAttentionShape): number {
  const visible = window === 0 ? position + 1 : Math.min(position + 1, window);
  return Math.ceil(visible / chunkPositions);
}

export function partialBytes({ rows, heads, headDim, chunks }: DecodeAttentionShape): number {
  return chunks * rows * heads * (headDim + 4) * 4;
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

/** How a workgroup of `attention-decode` divides its work. */
function decodeDivision(shape: DecodeAttentionShape) {
  const { heads, kvHeads, threads } = shape;
  const group = heads / kvHeads;
  const { lanes, laneQuads } = lanesOf(shape);
  return {
    // As even as can be: a group of five is three and two
    BLOCK: Math.ceil(group / Math.ceil(group / 4)),
    LANES: lanes,
    // So that the streams' values of one head, `merged`, take 8 KB at most
    THREADS: Math.min(threads, powerOfTwo(512 / laneQuads)),
  };
}

function lanesOf({ headDim, subgroupSize }: Pick<DecodeAttentionShape, 'headDim' | 'subgroupSize'>) {
  const quads = headDim / 4;
  // Two quads a lane, where the subgroup is large enough: each has two loads in flight, and few sums to pass on
  const lanes = Math.max(4, Math.min(powerOfTwo(quads / 2), subgroupSize));
  return { lanes, laneQuads: Math.ceil(quads / lanes) };
}

/** The largest power of two up to `limit`. */
function powerOfTwo(limit: number): number {
  return 2 ** Math.floor(Math.log2(limit));
}
