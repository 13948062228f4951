import { type Cost, grid, type Kernel } from '../kernel.ts';
import type { RmsNormShape } from '../rms-norm/rms-norm.ts';
import wgsl from './quantize.wgsl?raw';
import fours from './quantize-fours.wgsl?raw';
import normed from './rms-norm-quantize.wgsl?raw';
import gated from './swiglu-quantize.wgsl?raw';

/**
 * What is multiplied with weights in int8 (`matVecDp4a`, `matMulDp4a`) is quantized first, by the kernel that makes
 * it or by one of its own. `dim` is a multiple of 32, `threads` of 8. They have barriers.
 */
export interface QuantizeShape {
  rows: number;
  dim: number;
  threads: number;
}

/** Bytes of a row of `dim` values in int8 with its scales: at most those of the same row in f32. */
export function quantizedBytes(dim: number): number {
  const units = dim / 32;
  return 32 * units + 16 * Math.ceil(units / 2);
}

/** Reads `x` (rows, dim) in f32; writes `out` (rows) of `quantizedBytes`. */
export const quantize: Kernel<QuantizeShape> = {
  name: 'quantize',
  wgsl: fours + wgsl,
  bindings: ['read', 'write'],
  cost: (shape) => made(shape, 1),
  constants: ({ dim, threads }) => ({ DIM: dim, THREADS: threads }),
  workgroups: ({ rows, dim, threads }) => [Math.ceil(dim / 4 / threads), rows],
};

/** Reads `gateUp` (rows, 2 · dim) in f32, gate first; writes `out` as `quantize` does. */
export const swigluQuantize: Kernel<QuantizeShape> = {
  ...quantize,
  name: 'swiglu-quantize',
  wgsl: fours + gated,
  cost: (shape) => made(shape, 2),
};

/** Reads `x` (rows, dim) and `weight` (dim) in f32; writes `out` as `quantize` does. `threads` is a power of two. As of `rmsNorm`, the grid is padded past 65,535 rows. */
export const rmsNormQuantize: Kernel<RmsNormShape> = {
  name: 'rms-norm-quantize',
  wgsl: fours + normed,
  bindings: ['read', 'read', 'write'],
  cost: (shape) => made(shape, 1, 4 * shape.dim),
  constants: ({ dim, eps, threads }) => ({ DIM: dim, EPS: eps, THREADS: threads }),
  workgroups: ({ rows }) => grid(rows),
};

/** Of each value `read` f32, and of all rows together `more` bytes. */
function made({ rows, dim }: Pick<QuantizeShape, 'rows' | 'dim'>, read: number, more = 0): Cost {
  return {
    bytes: rows * (4 * read * dim + quantizedBytes(dim)) + more,
    operations: 4 * read * rows * dim,
  };
}
