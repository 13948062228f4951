import type { Kernel } from '../kernel.ts';
import { type KvShape, type KvType, kvConstants, kvWgsl } from '../kv/kv.ts';
import step from '../step.wgsl?raw';
import common from './attention.wgsl?raw';
import combine from './attention-combine.wgsl?raw';
import decode from './attention-decode.wgsl?raw';
import prefill from './attention-prefill.wgsl?raw';
import simple from './attention-simple.wgsl?raw';
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

/** Rows that a tile of `attention-prefill` has at most. */
export const TILE_ROWS = 64;

/** Past about so many positions one workgroup takes longer than a second dispatch costs. */
export const CHUNK_POSITIONS = 512;

/** For software adapters. Reads `q` (rows, heads · headDim), `k`, `v`, `pages`, `step`; writes `out` (rows, heads · headDim). */
export function attentionSimple(kv: KvType): Kernel<SimpleAttentionShape> {
  return {
    name: `attention-simple-${kv}`,
    wgsl: kvWgsl[kv] + step + common + simple,
    bindings: ['read', 'read', 'read', 'read', 'read', 'write'],
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
): Kernel<DecodeAttentionShape> {
  const sumLanes = lanes === 'subgroup' ? lanesSubgroup : lanesWorkgroup;
  const isSmall = lanesOf(shape).laneQuads <= 2;
  return {
    name: `attention-decode-${lanes}-${kv}${isSmall ? '' : '-wide'}`,
    wgsl: sumLanes + (isSmall ? laneQuads2 : laneQuads16) + kvWgsl[kv] + step + common + decode,
    bindings: ['read', 'read', 'read', 'read', 'read', 'write', 'write'],
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
export const attentionCombine: Kernel<DecodeAttentionShape> = {
  name: 'attention-combine',
  wgsl: step + common + combine,
  bindings: ['read', 'read', 'write'],
  constants: ({ heads, headDim, scale, window, chunkPositions, threads }) => ({
    HEADS: heads,
    HEAD_DIM: headDim,
    SCALE: scale,
    WINDOW: window,
    CHUNK: chunkPositions,
    THREADS: threads,
  }),
  workgroups: ({ heads, rows, chunks }) => (chunks > 1 ? [heads, rows] : [0]),
};

/**
 * For prompts on a real GPU. Reads `q`, `k`, `v`, `pages` as the others, and `tiles`, u32 {first row, rows, sequence,
 * position of the first row}: at most TILE_ROWS rows of one sequence, in order. Writes `out` of those rows.
 */
export function attentionPrefill(kv: KvType): Kernel<PrefillAttentionShape> {
  return {
    name: `attention-prefill-${kv}`,
    wgsl: kvWgsl[kv] + common + prefill,
    bindings: ['read', 'read', 'read', 'read', 'read', 'write'],
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
  return { ...kvConstants(shape), HEADS: shape.heads, SCALE: shape.scale, WINDOW: shape.window };
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
