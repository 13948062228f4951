import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import routes from './routes.wgsl?raw';
import wgsl from './sum.wgsl?raw';

export interface SumShape {
  rows: number;
  /** Values of a row of `out`. */
  n: number;
  /** Experts of a row. */
  used: number;
  /** Adds to what `out` holds. */
  add: boolean;
  /** Whether weights count here. */
  weighted: boolean;
  hasBias: boolean;
  threads: number;
}

/** Reads `products` (rows · used, n), `routes` (rows, used) and `bias` (experts, n), if there is one; writes `out` (rows, n). */
export const sum: Kernel<SumShape> = {
  name: 'expert-sum',
  wgsl: routes + wgsl,
  bindings: ['read', 'read', 'write', 'read'],
  cost: ({ rows, n, used }) => valuesCost(rows * (used + 1) * n, 2 * rows * used * n),
  constants: ({ n, used, add, weighted, hasBias, threads }) => ({
    N: n,
    USED: used,
    ADD: Number(add),
    WEIGHTED: Number(weighted),
    BIASED: Number(hasBias),
    THREADS: threads,
  }),
  workgroups: ({ rows, n, threads }) => [Math.ceil(n / threads), rows],
};
