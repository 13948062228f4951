import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import wgsl from './swiglu.wgsl?raw';

export interface SwigluShape {
  rows: number;
  dim: number;
  threads: number;
}

/** Reads `gateUp` (rows, 2 · dim), gate first; writes `out` (rows, dim). All f32. */
export const swiglu: Kernel<SwigluShape> = {
  name: 'swiglu',
  wgsl,
  bindings: ['read', 'write'],
  cost: ({ rows, dim }) => valuesCost(3 * rows * dim, 4 * rows * dim),
  constants: ({ dim, threads }) => ({ DIM: dim, THREADS: threads }),
  workgroups: ({ rows, dim, threads }) => [Math.ceil(dim / threads), rows],
};
