import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import step from '../step.wgsl?raw';
import wgsl from './row-scale.wgsl?raw';

export interface RowScaleShape {
  rows: number;
  dim: number;
  factor: number;
  threads: number;
}

/** Multiplies each row of `x` (rows, dim) by `factor` and by its sequence's number in `scales` (slots). All f32. */
export const rowScale: Kernel<RowScaleShape> = {
  name: 'row-scale',
  wgsl: step + wgsl,
  bindings: ['read', 'read', 'write'],
  cost: ({ rows, dim }) => valuesCost(2 * rows * dim, rows * dim),
  constants: ({ dim, factor, threads }) => ({ DIM: dim, FACTOR: factor, THREADS: threads }),
  workgroups: ({ rows, dim, threads }) => [Math.ceil(dim / threads), rows],
};
