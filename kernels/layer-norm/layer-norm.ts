import { valuesCost } from '../costs.ts';
import { grid, type Kernel } from '../kernel.ts';
import wgsl from './layer-norm.wgsl?raw';

export interface LayerNormShape {
  rows: number;
  dim: number;
  eps: number;
  /** A power of two; fewer where barriers are dear. */
  threads: number;
}

/** Reads `affine` (2, dim), weight then bias; norms `x` (rows, dim) in place. All f32. The grid is exactly `rows` or, past 65,535, padded: give `x` room. */
export const layerNorm: Kernel<LayerNormShape> = {
  name: 'layer-norm',
  wgsl,
  bindings: ['read', 'write'],
  cost: ({ rows, dim }) => valuesCost(2 * (rows + 1) * dim, 7 * rows * dim),
  constants: ({ dim, eps, threads }) => ({ DIM: dim, EPS: eps, THREADS: threads }),
  workgroups: ({ rows }) => grid(rows),
};
