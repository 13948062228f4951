import type { Kernel } from '../kernel.ts';
import matMul from '../mat-mul/mat-mul.wgsl?raw';
import matMulDp4a from '../mat-mul/mat-mul-dp4a.wgsl?raw';
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
  tuning: ExpertMatMulTuning;
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
export function expertMatMul(format: QuantFormat, input: ExpertInput): Kernel<ExpertMatMulShape> {
  const needs = stackNeeds({ input, team: 'alone' });
  const isInteger = input === 'int8';
  return {
    name: `expert-mat-mul ${format.name} ${input}`,
    wgsl: enable(needs) + stackedWeights(format, input) + tiles + (isInteger ? matMulDp4a : matMul),
    bindings: ['read', 'read', 'read', 'write', 'read', 'read'],
    needs,
    cost: (shape) => stackCost(format, shape, givenTo(input)),
    constants: ({ share, outStride, outOffset, tuning, ...shape }) => ({
      ...stackConstants(shape),
      SHARE: share,
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
      SIDE_N: tuning.sideN,
      SIDE_M: tuning.sideM,
      ...(isInteger && { EACH_N: OUTPUTS.int8, DEPTH: tuning.depth }),
    }),
    workgroups: ({ rows, used, allExperts, n, tuning }) => [
      tileCount({ rows, used, experts: allExperts, tile: pairsInTile(input, tuning) }),
      Math.ceil(n / (OUTPUTS[isInteger ? 'int8' : 'float'] * tuning.sideN)),
    ],
  };
}
