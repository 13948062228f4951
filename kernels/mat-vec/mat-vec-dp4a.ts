import { grid, type Kernel } from '../kernel.ts';
import inputs from '../quantize/inputs.wgsl?raw';
import type { QuantFormat } from '../quants/format.ts';
import { enable, integersWgsl } from '../quants/weights.ts';
import type { MatVecShape, Team } from './mat-vec.ts';
import wgsl from './mat-vec-dp4a.wgsl?raw';
import product from './product.wgsl?raw';
import reduceSubgroup from './reduce-subgroup.wgsl?raw';
import reduceWorkgroup from './reduce-workgroup.wgsl?raw';

export type MatVecDp4aTuning = Omit<MatVecShape['tuning'], 'chunk'>;
export type MatVecDp4aShape = Omit<MatVecShape, 'tuning'> & { tuning: MatVecDp4aTuning };
export type Dp4aTeam = Exclude<Team, 'alone'>;

/** As `matVec`, of `x` (rows) as kernels/quantize writes it. `k` is a multiple of 32. */
export function matVecDp4a(format: QuantFormat, team: Dp4aTeam): Kernel<MatVecDp4aShape> {
  const isSubgroup = team === 'subgroup';
  const needs = isSubgroup ? (['subgroups'] as const) : [];
  return {
    name: `mat-vec ${format.name} dp4a ${team}`,
    wgsl:
      enable(needs) +
      integersWgsl(format) +
      inputs +
      product +
      wgsl +
      (isSubgroup ? reduceSubgroup : reduceWorkgroup),
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
      ...(isSubgroup && { SUBGROUP: tuning.subgroup }),
    }),
    workgroups: ({ rows, n, tuning }) => [
      ...grid(Math.ceil(n / (tuning.teams * tuning.rowsPerTeam))),
      Math.ceil(rows / tuning.cols),
    ],
  };
}

/** A division of the work to begin with. */
export function matVecDp4aTuning(
  { k, cols }: { k: number; cols: number },
  subgroup: number,
): MatVecDp4aTuning {
  // A lane should have two units at least, and adding up many sums over many lanes costs more than it brings
  const lanes = Math.max(4, Math.min(cols > 2 ? 16 : 32, 2 ** Math.floor(Math.log2(k / 64))));
  return { lanes, teams: 256 / lanes, rowsPerTeam: 1, cols, subgroup };
}
