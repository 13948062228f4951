import { grid, type Kernel, type KernelFeature } from '../kernel.ts';
import type { QuantFormat } from '../quants/format.ts';
import { type Arithmetic, enable, weightsWgsl } from '../quants/weights.ts';
import alone from './alone.wgsl?raw';
import wgsl from './mat-vec.wgsl?raw';
import product from './product.wgsl?raw';
import reduceSubgroup from './reduce-subgroup.wgsl?raw';
import reduceWorkgroup from './reduce-workgroup.wgsl?raw';
import staged from './staged.wgsl?raw';

export interface MatVecShape {
  /** Rows of x. Any number: they are taken `cols` at a time, and the weights are read once for each time. */
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

  tuning: MatVecTuning;
}

/** How the work is divided; any values give the same sums but for rounding. Barriers and memory as `MatVecVariant.team` says. */
export interface MatVecTuning {
  /** Threads that share a row of w: a power of two; 1 for teams of one thread. */
  lanes: number;
  /** Teams in a workgroup. */
  teams: number;
  /** Rows of w that a team takes at once: 1, 2 or 4. */
  rowsPerTeam: number;
  /** Rows of x that a team takes at once: 1, 2, 4 or 8. */
  cols: number;
  /** Units (32 values) of x in workgroup memory at a time: 128 bytes each (64 in f16) for each of `cols`. */
  chunk: number;
  /** The smallest subgroup that the adapter may choose: `GPUAdapterInfo.subgroupMinSize`. */
  subgroup: number;
}

export interface MatVecVariant {
  arithmetic: Arithmetic;
  /** Threads that share a row are `alone` (there is one), or add up through workgroup memory or subgroups. */
  team: 'alone' | 'workgroup' | 'subgroup';
}

/**
 * Reads `quants` and `scales` (n, k), `x` (rows, k) and `counts` (rows); writes `out` (rows, outStride). A format
 * without scales has 16 unread bytes bound in their place.
 */
export function matVec(format: QuantFormat, { arithmetic, team }: MatVecVariant): Kernel<MatVecShape> {
  const needs: KernelFeature[] = [];
  if (arithmetic === 'f16') needs.push('shader-f16');
  if (team === 'subgroup') needs.push('subgroups');

  return {
    name: `mat-vec ${format.name} ${arithmetic} ${team}`,
    wgsl: enable(needs) + weightsWgsl(format, arithmetic) + product + TEAMS[team] + wgsl,
    bindings: ['read', 'read', 'read', 'write', 'uniform'],
    needs,
    constants: ({ k, n, add, outStride = n, outOffset = 0, tuning }) => ({
      K: k,
      N: n,
      ADD: Number(add),
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
      LANES: tuning.lanes,
      TEAMS: tuning.teams,
      ROWS: tuning.rowsPerTeam,
      COLS: tuning.cols,
      CHUNK: team === 'alone' ? Math.ceil(k / 32) : tuning.chunk,
      ...(team === 'subgroup' && { SUBGROUP: tuning.subgroup }),
    }),
    workgroups: ({ rows, n, tuning }) => [
      ...grid(Math.ceil(n / (tuning.teams * tuning.rowsPerTeam))),
      Math.ceil(rows / tuning.cols),
    ],
  };
}

const TEAMS = {
  alone,
  workgroup: staged + reduceWorkgroup,
  subgroup: staged + reduceSubgroup,
};
