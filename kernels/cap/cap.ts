import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import wgsl from './cap.wgsl?raw';

export interface CapShape {
  rows: number;
  dim: number;
  /** Above 0. */
  cap: number;
  threads: number;
}

/** Brings each value of `x` (rows, dim) f32 softly below the cap. */
export const cap: Kernel<CapShape> = {
  name: 'cap',
  wgsl,
  bindings: ['write'],
  cost: ({ rows, dim }) => valuesCost(2 * rows * dim, 3 * rows * dim),
  constants: ({ dim, cap, threads }) => ({ DIM: dim, CAP: cap, THREADS: threads }),
  workgroups: ({ rows, dim, threads }) => [Math.ceil(dim / threads), rows],
};
