import { linearCost } from '../costs.ts';
import { grid, type Kernel, type KernelFeature } from '../kernel.ts';
import type { QuantFormat } from '../quants/format.ts';
import { type Arithmetic, enable, weightsWgsl } from '../quants/weights.ts';
import activations from './activations.wgsl?raw';
import alone from './alone.wgsl?raw';
import inTeams from './mat-vec.wgsl?raw';
import product from './product.wgsl?raw';
import reduceSubgroup from './reduce-subgroup.wgsl?raw';
import reduceWorkgroup from './reduce-workgroup.wgsl?raw';

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

/** How the work is divided; any division gives the same sums but for rounding. */
export interface MatVecTuning {
  /** Threads that share a row of w: a power of two. 1 where threads are alone. */
  lanes: number;
  /** Teams in a workgroup. */
  teams: number;
  /** Rows of w that a team takes at once: 1, 2 or 4. 1 where threads are alone. */
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
  /** Threads that share a row add up through workgroup memory or subgroups. Where a CPU plays the GPU they are alone. */
  team: Team;
}

export type Team = 'alone' | 'workgroup' | 'subgroup';

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
    wgsl: enable(needs) + weightsWgsl(format, arithmetic) + activations + product + MAIN[team],
    bindings: ['read', 'read', 'read', 'write', 'uniform'],
    needs,
    cost: (shape) => linearCost(format, shape),
    constants: ({ k, n, add, outStride = n, outOffset = 0, tuning }) => ({
      K: k,
      N: n,
      ADD: Number(add),
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
      TEAMS: tuning.teams,
      COLS: tuning.cols,
      ...(team !== 'alone' && { LANES: tuning.lanes, ROWS: tuning.rowsPerTeam, CHUNK: tuning.chunk }),
      ...(team === 'subgroup' && { SUBGROUP: tuning.subgroup }),
    }),
    workgroups: ({ rows, n, tuning }) => [
      ...grid(Math.ceil(n / (tuning.teams * tuning.rowsPerTeam))),
      Math.ceil(rows / tuning.cols),
    ],
  };
}

const MAIN: Record<Team, string> = {
  alone,
  workgroup: inTeams + reduceWorkgroup,
  subgroup: inTeams + reduceSubgroup,
};

/** Workgroup memory that every adapter has, less what adding up takes. */
const STAGED_BYTES = 12 * 1024;
const THREADS = 256;

/** A division of the work to begin with; measuring may find a better one. */
export function matVecTuning(
  { team }: MatVecVariant,
  { k, n, cols }: { k: number; n: number; cols: number },
  subgroup: number,
): MatVecTuning {
  if (team === 'alone') return { lanes: 1, teams: 16, rowsPerTeam: 1, cols, chunk: 1, subgroup };

  const units = Math.ceil(k / 32);
  // As many lanes as a chunk has units, so that none is idle
  const lanes = Math.min(16, powerOfTwo(STAGED_BYTES / (128 * cols)), powerOfTwo(units));
  const chunks = Math.floor(STAGED_BYTES / (128 * cols * lanes));
  return {
    lanes,
    teams: THREADS / lanes,
    // Fewer rows of w are more teams: a small matrix needs them to fill a wide GPU
    rowsPerTeam: cols <= 4 && n >= 8192 ? 2 : 1,
    cols,
    chunk: lanes * Math.min(chunks, Math.ceil(units / lanes)),
    subgroup,
  };
}

/** The largest that is not above `limit`. */
function powerOfTwo(limit: number): number {
  return 2 ** Math.floor(Math.log2(limit));
}
