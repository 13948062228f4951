import { linearCost } from '../costs.ts';
import { grid, type Kernel } from '../kernel.ts';
import { givenAs, type InputKind, inputBindings, inputsWgsl } from '../quantize/inputs.ts';
import type { QuantFormat } from '../quants/format.ts';
import { enable, integersWgsl } from '../quants/weights.ts';
import type { MatVecShape, Team } from './mat-vec.ts';
import wgsl from './mat-vec-dp4a.wgsl?raw';
import product from './product.wgsl?raw';
import reduceSubgroup from './reduce-subgroup.wgsl?raw';
import reduceWorkgroup from './reduce-workgroup.wgsl?raw';

export interface MatVecDp4aTuning extends Omit<MatVecShape['tuning'], 'chunk'> {
  /** Units of each lane that are asked for before x is made: up to 4 / rowsPerTeam. */
  ahead: number;
}
export type MatVecDp4aShape = Omit<MatVecShape, 'tuning'> & {
  /** Of RMS norm, where x is `normed`. */
  eps?: number;
  tuning: MatVecDp4aTuning;
};
export type Dp4aTeam = Exclude<Team, 'alone'>;

/** As `matVec`, of `x` in int8 or made so here. `k` is a multiple of 32. */
export function matVecDp4a(
  format: QuantFormat,
  team: Dp4aTeam,
  input: InputKind = 'quantized',
): Kernel<MatVecDp4aShape> {
  const isSubgroup = team === 'subgroup';
  const needs = isSubgroup ? (['subgroups'] as const) : [];
  return {
    name: `mat-vec ${format.name} dp4a ${team} ${input}`,
    wgsl:
      enable(needs) +
      integersWgsl(format) +
      inputsWgsl(input, team) +
      product +
      wgsl +
      (isSubgroup ? reduceSubgroup : reduceWorkgroup),
    bindings: inputBindings(input),
    needs,
    cost: (shape) => linearCost(format, shape, givenAs(input), true),
    constants: ({ k, n, add, outStride = n, outOffset = 0, eps, tuning }) => ({
      K: k,
      N: n,
      ADD: Number(add),
      OUT_STRIDE: outStride,
      OUT_OFFSET: outOffset,
      LANES: tuning.lanes,
      TEAMS: tuning.teams,
      ROWS: tuning.rowsPerTeam,
      COLS: tuning.cols,
      AHEAD: input === 'quantized' ? 0 : tuning.ahead,
      ...(input === 'normed' && { EPS: eps! }),
      ...(isSubgroup && { SUBGROUP: tuning.subgroup }),
    }),
    workgroups: ({ rows, n, tuning }) => [
      ...grid(Math.ceil(n / (tuning.teams * tuning.rowsPerTeam))),
      Math.ceil(rows / tuning.cols),
    ],
  };
}

/** Threads that fill a wide GPU well enough to hide the memory's latency. */
const MANY_THREADS = 65_536;

/** A division of the work to begin with, from what was measured (BENCHMARKS.md); `tune` may find a better one. */
export function matVecDp4aTuning(
  { k, n, cols }: { k: number; n: number; cols: number },
  subgroup: number,
): MatVecDp4aTuning {
  const units = k / 32;
  if (cols > 2) {
    // Adding up many sums over many lanes costs more than it brings, and a value of x is best used for several rows
    const lanes = within(4, units / 8, 16);
    return { lanes, teams: 128 / lanes, rowsPerTeam: n >= 8192 ? 4 : 2, cols, subgroup, ahead: 0 };
  }
  // Four units a lane, fewer where there would not be threads enough
  const four = within(4, units / 4, 64);
  const lanes = n * four < MANY_THREADS ? within(4, units / 2, 2 * four) : four;
  const rowsPerTeam = n >= MANY_THREADS ? 2 : 1;
  return { lanes, teams: 256 / lanes, rowsPerTeam, cols, subgroup, ahead: 4 / rowsPerTeam };
}

/** The largest power of two up to `wanted`, between two others. */
function within(least: number, wanted: number, most: number): number {
  return Math.max(least, Math.min(most, 2 ** Math.floor(Math.log2(wanted))));
}
