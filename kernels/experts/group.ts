import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import wgsl from './group.wgsl?raw';
import routes from './routes.wgsl?raw';

export interface GroupShape {
  rows: number;
  experts: number;
  used: number;
  /** Pairs in a tile at most. */
  tile: number;
  threads: number;
}

/** Reads `routes` (rows, used) and `counts` (rows); writes `order` (rows, used) and `tiles` (`tileCount`). */
export const group: Kernel<GroupShape> = {
  name: 'group',
  wgsl: routes + wgsl,
  bindings: ['read', 'write', 'write', 'uniform'],
  cost: ({ rows, used }) => valuesCost(3 * rows * used, 2 * rows * used),
  constants: ({ experts, used, tile, threads }) => ({
    EXPERTS: experts,
    USED: used,
    TILE: tile,
    THREADS: threads,
  }),
  workgroups: ({ rows }) => [Math.min(rows, 1)],
};

export const TILE_BYTES = 16;

/** Tiles that so many rows may need: every expert may leave one that is not full. */
export function tileCount({ rows, experts, used, tile }: Omit<GroupShape, 'threads'>): number {
  const pairs = rows * used;
  return Math.floor(pairs / tile) + Math.min(experts, pairs);
}
