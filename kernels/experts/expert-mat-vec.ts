import { grid, type Kernel } from '../kernel.ts';
import type { QuantFormat } from '../quants/format.ts';
import { enable } from '../quants/weights.ts';
import wgsl from './expert-mat-vec.wgsl?raw';
import {
  type StackShape,
  type StackTuning,
  type StackVariant,
  givenTo,
  stackConstants,
  stackCost,
  stackNeeds,
  stackWgsl,
  teamConstants,
} from './stack.ts';

export interface ExpertMatVecShape extends StackShape {
  rows: number;
  /** Experts of a row. Each pair of a row and an expert is z of the grid, so there are at most 65,535. */
  used: number;
  /** Pairs that read the same row of x: `used`, or 1 where each has its own. */
  share: number;
  /** Values per pair of `out`, and where in it row 0 of an expert goes. */
  outStride: number;
  outOffset: number;
  tuning: StackTuning;
}

/**
 * Reads `quants` and `scales` of a stack, `x` (rows · used / share, k) and `routes` (rows, used); writes `out`
 * (rows · used, outStride) of the pairs whose experts the stack has.
 */
export function expertMatVec(format: QuantFormat, variant: StackVariant): Kernel<ExpertMatVecShape> {
  const needs = stackNeeds(variant);
  return {
    name: `expert-mat-vec ${format.name} ${variant.input} ${variant.team}`,
    wgsl: enable(needs) + stackWgsl(format, variant) + wgsl,
    bindings: ['read', 'read', 'read', 'write', 'read'],
    needs,
    cost: (shape) => stackCost(format, shape, givenTo(variant.input)),
    constants: ({ share, outStride, outOffset, tuning, ...shape }) => ({
      ...stackConstants(shape),
      SHARE: share,
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
      ...teamConstants(variant.team, tuning),
    }),
    workgroups: ({ rows, used, n, tuning }) => [...grid(Math.ceil(n / tuning.teams)), rows * used],
  };
}
