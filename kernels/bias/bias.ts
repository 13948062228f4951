import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import wgsl from './bias.wgsl?raw';

export interface BiasShape {
  rows: number;
  dim: number;
  threads: number;
}

/** Reads `bias` (dim); adds it to each row of `x` (rows, dim). All f32. */
export const bias: Kernel<BiasShape> = {
  name: 'bias',
  wgsl,
  bindings: ['read', 'write'],
  cost: ({ rows, dim }) => valuesCost(2 * rows * dim + dim, rows * dim),
  constants: ({ dim, threads }) => ({ DIM: dim, THREADS: threads }),
  workgroups: ({ rows, dim, threads }) => [Math.ceil(dim / threads), rows],
};
