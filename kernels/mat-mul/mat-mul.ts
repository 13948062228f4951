import { linearCost } from '../costs.ts';
import type { Kernel, KernelFeature } from '../kernel.ts';
import activations from '../mat-vec/activations.wgsl?raw';
import product from '../mat-vec/product.wgsl?raw';
import type { QuantFormat } from '../quants/format.ts';
import { type Arithmetic, enable, weightsWgsl } from '../quants/weights.ts';
import tile from './tile.wgsl?raw';
import wgsl from './mat-mul.wgsl?raw';

export interface MatMulShape {
  /** Rows of x. */
  rows: number;
  /** Values per row of w and x. */
  k: number;
  /** Rows of w. */
  n: number;
  /** Adds to what `out` holds. */
  add: boolean;
  /** Values per row of `out`, and where in it row 0 of w goes: for a tensor that is bound in parts. */
  outStride?: number;
  outOffset?: number;
  tuning: MatMulTuning;
}

/**
 * A workgroup of `sideN` by `sideM` threads makes 8 times as many outputs each way and holds 128 bytes (64 in f16) for each
 * row of w and x: 8 by 8 threads take 16 KiB.
 */
export interface MatMulTuning {
  sideN: number;
  sideM: number;
}

/** What every adapter has room for. */
export const MAT_MUL_TUNING: MatMulTuning = { sideN: 8, sideM: 8 };

/** The same operation and bindings as `matVec`, for many rows; it has barriers. */
export function matMul(format: QuantFormat, arithmetic: Arithmetic): Kernel<MatMulShape> {
  const needs: KernelFeature[] = arithmetic === 'f16' ? ['shader-f16'] : [];
  return {
    name: `mat-mul ${format.name} ${arithmetic}`,
    wgsl: enable(needs) + weightsWgsl(format, arithmetic) + activations + product + tile + wgsl,
    bindings: ['read', 'read', 'read', 'write', 'uniform'],
    needs,
    cost: (shape) => linearCost(format, shape),
    constants: ({ k, n, add, outStride = n, outOffset = 0, tuning }) => ({
      K: k,
      N: n,
      ADD: Number(add),
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
      SIDE_N: tuning.sideN,
      SIDE_M: tuning.sideM,
    }),
    // Workgroups that are neighbours in x run together and share rows of w
    workgroups: ({ rows, n, tuning }) => [
      Math.ceil(rows / (8 * tuning.sideM)),
      Math.ceil(n / (8 * tuning.sideN)),
    ],
  };
}
