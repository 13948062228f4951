import type { Kernel } from '../kernel.ts';
import matMul from '../mat-mul/mat-mul.wgsl?raw';
import { tileWgsl } from '../mat-mul/mat-mul-dp4a.ts';
import type { QuantFormat } from '../quants/format.ts';
import { enable } from '../quants/weights.ts';
import tiles from './expert-tiles.wgsl?raw';
import { tileCount } from './group.ts';
import {
  type ExpertInput,
  givenTo,
  type StackShape,
  stackConstants,
  stackCost,
  stackedWeights,
  stackNeeds,
} from './stack.ts';

/** As of `expertMatVec`, for many pairs. */
export interface ExpertMatMulShape extends StackShape {
  rows: number;
  /** Experts of a row. */
  used: number;
  /** Experts of the layer, those of other stacks included. */
  allExperts: number;
  share: number;
  outStride: number;
  outOffset: number;
}

/** Threads along n and m, as of `matMul` and, with `depth`, `matMulDp4a`. */
export interface ExpertMatMulTuning {
  sideN: number;
  sideM: number;
  depth: number;
}

/** Outputs that a thread makes each way. */
const OUTPUTS = { float: 8, int8: 4 };

/** Pairs in a tile. */
export function pairsInTile(input: ExpertInput, { sideM }: ExpertMatMulTuning): number {
  return sideM * OUTPUTS[input === 'int8' ? 'int8' : 'float'];
}

/** Reads what `expertMatVec` does and, in place of `routes`, `tiles` and `order` that `group` made for tiles of `pairsInTile`. */
export function expertMatMul(
  format: QuantFormat,
  input: ExpertInput,
  tuning: ExpertMatMulTuning,
): Kernel<ExpertMatMulShape> {
  const needs = stackNeeds({ input, team: 'alone' });
  const isInteger = input === 'int8';
  const { sideN, sideM } = tuning;
  const inner = isInteger
    ? tileWgsl({ ...tuning, eachN: OUTPUTS.int8, eachM: OUTPUTS.int8, slices: 1 })
    : matMul;
  return {
    name: `expert-mat-mul ${format.name} ${input}`,
    wgsl: enable(needs) + stackedWeights(format, input) + tiles + inner,
    bindings: ['read', 'read', 'read', 'write', 'read', 'read'],
    needs,
    cost: (shape) => stackCost(format, shape, givenTo(input)),
    constants: ({ share, outStride, outOffset, ...shape }) => ({
      ...stackConstants(shape),
      SHARE: share,
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
      ...(!isInteger && { SIDE_N: sideN, SIDE_M: sideM }),
    }),
    workgroups: ({ rows, used, allExperts, n }) => [
      tileCount({ rows, used, experts: allExperts, tile: pairsInTile(input, tuning) }),
      Math.ceil(n / (OUTPUTS[isInteger ? 'int8' : 'float'] * sideN)),
    ],
  };
}
