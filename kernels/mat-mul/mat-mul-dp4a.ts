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
 * `slices` teams of `sideN` by `sideM` threads share the values of k. A thread makes `eachN` (8 at most) times as many outputs
 * along n and `eachM` (4 or 8) along m. Each team holds `depth` units of each of the tile's rows: 48 bytes of w and of x.
 */
export interface MatMulDp4aTuning {
  sideN: number;
  sideM: number;
  eachN: number;
  eachM: number;
  slices: number;
  depth: number;
}

export type MatMulDp4aShape = Omit<MatMulShape, 'tuning'>;

/** What every adapter has room for: tiles of 64 by 64. */
export const MAT_MUL_DP4A_TUNING: MatMulDp4aTuning = {
  sideN: 16,
  sideM: 8,
  eachN: 4,
  eachM: 8,
  slices: 1,
  depth: 2,
};

/** For so few rows that larger tiles would be mostly empty: 32 by 32. */
export const FEW_ROWS_TUNING: MatMulDp4aTuning = {
  sideN: 8,
  sideM: 8,
  eachN: 4,
  eachM: 4,
  slices: 1,
  depth: 2,
};

/** The same where w has so few rows that there are few tiles: 16 by 32, of 512 threads and 26 KB. */
export const NARROW_TUNING: MatMulDp4aTuning = {
  sideN: 8,
  sideM: 8,
  eachN: 2,
  eachM: 4,
  slices: 8,
  depth: 1,
};

/** The same operation and bindings as `matVecDp4a`, for many rows; it has barriers. */
export function matMulDp4a(format: QuantFormat, tuning: MatMulDp4aTuning): Kernel<MatMulDp4aShape> {
  const { sideN, sideM, eachN, eachM } = tuning;
  return {
    name: `mat-mul ${format.name} dp4a ${tileName(tuning)}`,
    wgsl: integersWgsl(format) + inputsWgsl('quantized') + product + tile + tileWgsl(tuning),
    bindings: inputBindings('quantized'),
    cost: (shape) => linearCost(format, shape, 'int8'),
    constants: ({ k, n, add, outStride = n, outOffset = 0 }) => ({
      K: k,
      N: n,
      ADD: Number(add),
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
    }),
    // Workgroups that are neighbours in x run together and share rows of w
    workgroups: ({ rows, n }) => [Math.ceil(rows / (eachM * sideM)), Math.ceil(n / (eachN * sideN))],
  };
}

/** Outputs of a tile, and how many share each: what tells the kernels of one model apart. */
function tileName({ sideN, sideM, eachN, eachM, slices }: MatMulDp4aTuning): string {
  return `${sideN * eachN} x ${sideM * eachM} / ${slices}`;
}

/** The tiles' kernel, in one division: arrays of arrays have no sizes that are fixed later. */
export function tileWgsl({ sideN, sideM, eachN, eachM, slices, depth }: MatMulDp4aTuning): string {
  return `
const SIDE_N = ${sideN}u;
const SIDE_M = ${sideM}u;
const EACH_N = ${eachN}u;
const EACH_M = ${eachM}u;
const SLICES = ${slices}u;
const DEPTH = ${depth}u;
${wgsl}`;
}
