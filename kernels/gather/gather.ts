import { valuesCost } from '../costs.ts';
import { grid, type Kernel } from '../kernel.ts';
import step from '../step.wgsl?raw';
import wgsl from './gather.wgsl?raw';

export interface GatherShape {
  rows: number;
  dim: number;
}

/** Reads `x` (rows, dim) and the step's rows; writes `out` (outputs, dim). `counts.x` = rows. */
export const gather: Kernel<GatherShape> = {
  name: 'gather',
  wgsl: step + wgsl,
  bindings: ['read', 'read', 'write', 'uniform'],
  cost: ({ rows, dim }) => valuesCost(2 * rows * dim, 0),
  constants: ({ dim }) => ({ DIM: dim }),
  workgroups: ({ rows, dim }) => grid(Math.ceil((rows * dim) / 64)),
};
