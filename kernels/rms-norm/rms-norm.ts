import { valuesCost } from '../costs.ts';
import { grid, type Kernel } from '../kernel.ts';
import wgsl from './rms-norm.wgsl?raw';

export interface RmsNormShape {
  rows: number;
  dim: number;
  eps: number;
  /** Adds to `out` what would be written there; no if absent. */
  add?: boolean;
  /** A power of two; fewer where barriers are dear. */
  threads: number;
}

/** Reads `x` (rows, dim) and `weight` (dim); writes `out` (rows, dim). All f32. The grid is exactly `rows` or, past 65,535, padded: give `out` room. */
export const rmsNorm: Kernel<RmsNormShape> = {
  name: 'rms-norm',
  wgsl,
  bindings: ['read', 'read', 'write'],
  cost: ({ rows, dim, add }) => valuesCost(((add ? 3 : 2) * rows + 1) * dim, 4 * rows * dim),
  constants: ({ dim, eps, threads, add }) => ({ DIM: dim, EPS: eps, ADD: add ? 1 : 0, THREADS: threads }),
  workgroups: ({ rows }) => grid(rows),
};
