import { linearCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import product from '../mat-vec/product.wgsl?raw';
import { inputBindings, inputsWgsl } from '../quantize/inputs.ts';
import type { QuantFormat } from '../quants/format.ts';
import { integersWgsl } from '../quants/weights.ts';
import type { MatMulShape } from './mat-mul.ts';
import wgsl from './mat-mul-dp4a.wgsl?raw';
import tile from './tile.wgsl?raw';

/**
 * A workgroup of `sideN` by `sideM` threads makes `eachN` (4 or 8) times as many outputs along n and 4 times along m. It
 * holds `depth` units of each of its rows: 48 bytes of w and 40 of x.
 */
export interface MatMulDp4aTuning {
  sideN: number;
  sideM: number;
  eachN: number;
  depth: number;
}

export type MatMulDp4aShape = Omit<MatMulShape, 'tuning'> & { tuning: MatMulDp4aTuning };

/** What every adapter has room for. */
export const MAT_MUL_DP4A_TUNING: MatMulDp4aTuning = { sideN: 8, sideM: 16, eachN: 8, depth: 2 };

/** For so few rows that larger tiles would be mostly empty. */
export const FEW_ROWS_TUNING: MatMulDp4aTuning = { sideN: 8, sideM: 8, eachN: 4, depth: 2 };

/** The same operation and bindings as `matVecDp4a`, for many rows; it has barriers. */
export function matMulDp4a(format: QuantFormat): Kernel<MatMulDp4aShape> {
  return {
    name: `mat-mul ${format.name} dp4a`,
    wgsl: integersWgsl(format) + inputsWgsl('quantized') + product + tile + wgsl,
    bindings: inputBindings('quantized'),
    cost: (shape) => linearCost(format, shape, 'int8'),
    constants: ({ k, n, add, outStride = n, outOffset = 0, tuning }) => ({
      K: k,
      N: n,
      ADD: Number(add),
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
      SIDE_N: tuning.sideN,
      SIDE_M: tuning.sideM,
      EACH_N: tuning.eachN,
      DEPTH: tuning.depth,
    }),
    // Workgroups that are neighbours in x run together and share rows of w
    workgroups: ({ rows, n, tuning }) => [
      Math.ceil(rows / (4 * tuning.sideM)),
      Math.ceil(n / (tuning.eachN * tuning.sideN)),
    ],
  };
}
