import { TILE_BYTES, tileCount } from '../../../kernels/experts/group.ts';
import { ROUTE_BYTES } from '../../../kernels/experts/route.ts';
import type { Experts, ModelConfig } from '../../../models/architectures/index.ts';

/** Pairs in a tile, whatever the kernel: one grouping serves all of a block. */
export const PAIRS_PER_TILE = 32;

/** The activation buffers of experts alone, in f32 elements; none where a model has no experts. */
export function expertElements({ dim, experts }: ModelConfig, maxRows: number) {
  const { count = 0, used = 0 } = experts ?? {};
  const pairs = maxRows * used;
  const tiles = tileCount({ rows: maxRows, used, experts: count, tile: PAIRS_PER_TILE });
  return {
    normed: experts ? maxRows * dim : 0,
    routerLogits: maxRows * count,
    routes: (pairs * ROUTE_BYTES) / 4,
    pairOrder: pairs,
    pairTiles: (tiles * TILE_BYTES) / 4,
  };
}

/** What experts need of the scratch buffers for each row: gate|up and then their outputs in `wide`, act(gate) · up in `middle`. */
export function expertScratch(experts: Experts | undefined, dim: number) {
  const { used = 0, ffn = 0, sharedFfn = 0 } = experts ?? {};
  return {
    wide: Math.max(used * Math.max(2 * ffn, dim), 2 * sharedFfn),
    middle: Math.max(used * ffn, sharedFfn),
  };
}
