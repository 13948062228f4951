import { linearCost } from '../costs.ts';
import { type Kernel, type KernelFeature, SUBGROUP_MATRIX } from '../kernel.ts';
import product from '../mat-vec/product.wgsl?raw';
import { inputBindings, inputsWgsl } from '../quantize/inputs.ts';
import type { QuantFormat } from '../quants/format.ts';
import { enable, weightsWgsl } from '../quants/weights.ts';
import type { MatMulShape } from './mat-mul.ts';
import wgsl from './mat-mul-matrices.wgsl?raw';
import tile from './tile.wgsl?raw';
import units from './units-int8.wgsl?raw';

/**
 * `sideN` by `sideM` subgroups of a workgroup make 64 times as many outputs along n and 16 `eachM` (2 or 4) times along m. A
 * row has `depth` units of 64 bytes in workgroup memory.
 */
export interface MatMulMatricesTuning {
  sideN: number;
  sideM: number;
  eachM: 2 | 4;
  depth: number;
  /** Threads in a subgroup, of whatever kernel. */
  subgroup: number;
}

/** Of 128 by 128 outputs, and of 128 by 64 where those would be few. They take 32 KB at most. */
export const MATRICES_TUNINGS = {
  large: { sideN: 2, sideM: 2, eachM: 4, depth: 1 },
  small: { sideN: 2, sideM: 2, eachM: 2, depth: 2 },
} as const;

const NEEDS: KernelFeature[] = ['shader-f16', 'subgroups', SUBGROUP_MATRIX];

/** The same operation and bindings as `matMulDp4a`, with w and x rounded to f16: x of more than 65,504 overflows. */
export function matMulMatrices(
  format: QuantFormat,
  { sideN, sideM, eachM, depth, subgroup }: MatMulMatricesTuning,
): Kernel<Omit<MatMulShape, 'tuning'>> {
  const [tileN, tileM] = [64 * sideN, 16 * eachM * sideM];
  const division = `
const SIDE_N = ${sideN}u;
const SIDE_M = ${sideM}u;
const EACH_M = ${eachM}u;
const DEPTH = ${depth}u;
const SUBGROUP = ${subgroup}u;
`;
  return {
    name: `mat-mul ${format.name} matrices ${tileN} x ${tileM}`,
    wgsl:
      enable(NEEDS) +
      weightsWgsl(format, 'f16') +
      inputsWgsl('quantized') +
      units +
      product +
      tile +
      division +
      wgsl,
    bindings: inputBindings('quantized'),
    needs: NEEDS,
    cost: (shape) => linearCost(format, shape, 'int8', false),
    constants: ({ k, n, add, outStride = n, outOffset = 0 }) => ({
      K: k,
      N: n,
      ADD: Number(add),
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
    }),
    workgroups: ({ rows, n }) => [Math.ceil(rows / tileM), Math.ceil(n / tileN)],
  };
}
