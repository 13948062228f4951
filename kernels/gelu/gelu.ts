import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import wgsl from './gelu.wgsl?raw';

export interface GeluShape {
  rows: number;
  dim: number;
  threads: number;
}

/** Reads `x` (rows, dim) and `bias` (dim); writes `out` (rows, dim). All f32. */
export const gelu: Kernel<GeluShape> = {
  name: 'gelu',
  wgsl,
  bindings: ['read', 'read', 'write'],
  cost: ({ rows, dim }) => valuesCost(2 * rows * dim + dim, 8 * rows * dim),
  constants: ({ dim, threads }) => ({ DIM: dim, THREADS: threads }),
  workgroups: ({ rows, dim, threads }) => [Math.ceil(dim / threads), rows],
};
