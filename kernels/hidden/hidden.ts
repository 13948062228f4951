import { grid, type Kernel } from '../kernel.ts';
import narrowWgsl from './narrow.wgsl?raw';
import widenWgsl from './widen.wgsl?raw';

export interface HiddenShape {
  rows: number;
  /** Even. */
  dim: number;
}

const common = {
  bindings: ['read', 'write', 'uniform'],
  constants: ({ dim }: HiddenShape) => ({ DIM: dim }),
  workgroups: ({ rows, dim }: HiddenShape) => grid(Math.ceil((rows * dim) / 2 / 64)),
} as const;

/** Hidden states as they travel. Reads `x` (rows, dim) in f32; writes (rows, dim) in f16, two to a u32. `counts.x` = rows. */
export const narrow: Kernel<HiddenShape> = { name: 'narrow', wgsl: narrowWgsl, ...common };

/** Reads (rows, dim) in f16, two to a u32; writes `x` (rows, dim) in f32. `counts.x` = rows. */
export const widen: Kernel<HiddenShape> = { name: 'widen', wgsl: widenWgsl, ...common };
