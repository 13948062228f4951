import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import wgsl from './gate-add.wgsl?raw';

export interface GateAddShape {
  rows: number;
  dim: number;
  /** Adds to what `out` holds. */
  add: boolean;
  /** A power of two. */
  threads: number;
}

/** Reads `x` (rows, dim), `gate` (dim) and `y` (rows, dim); writes `out` (rows, dim). All f32. */
export const gateAdd: Kernel<GateAddShape> = {
  name: 'gate-add',
  wgsl,
  bindings: ['read', 'read', 'read', 'write'],
  cost: ({ rows, dim, add }) => valuesCost(((add ? 4 : 3) * rows + 1) * dim, 4 * rows * dim),
  constants: ({ dim, add, threads }) => ({ DIM: dim, ADD: Number(add), THREADS: threads }),
  workgroups: ({ rows }) => [rows],
};
