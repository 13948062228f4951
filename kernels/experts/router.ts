import { linearCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import type { Team } from '../mat-vec/mat-vec.ts';
import type { QuantFormat } from '../quants/format.ts';
import { enable, loadWgsl } from '../quants/weights.ts';
import wgsl from './router.wgsl?raw';
import { reduceWgsl, type StackTuning, teamConstants } from './stack.ts';

export interface RouterShape {
  /** Each is z of the grid, so there are at most 65,535. */
  rows: number;
  /** Values of a row. */
  k: number;
  experts: number;
  eps: number;
  tuning: StackTuning;
}

/** Reads `quants` and `scales` (experts, k), `x` (rows, k) and the weights of RMS norm (k); writes `out` (rows, experts). */
export function router(format: QuantFormat, team: Team): Kernel<RouterShape> {
  const needs = team === 'subgroup' ? (['subgroups'] as const) : [];
  return {
    name: `router ${format.name} ${team}`,
    wgsl: enable(needs) + loadWgsl(format) + wgsl + reduceWgsl[team],
    bindings: ['read', 'read', 'read', 'write', 'read'],
    needs,
    cost: ({ rows, k, experts }) => linearCost(format, { rows, k, n: experts }),
    constants: ({ k, experts, eps, tuning }) => ({
      K: k,
      N: experts,
      EPS: eps,
      ...teamConstants(team, tuning),
    }),
    workgroups: ({ rows, experts, tuning }) => [Math.ceil(experts / tuning.teams), 1, rows],
  };
}
