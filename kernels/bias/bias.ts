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
  constants: ({ dim, threads }) => ({ DIM: dim, THREADS: threads }),
  workgroups: ({ rows, dim, threads }) => [Math.ceil(dim / threads), rows],
};
