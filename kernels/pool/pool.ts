import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import output from '../output.wgsl?raw';
import wgsl from './pool.wgsl?raw';

/** What of a text's rows becomes its vector. */
export type PoolKind = 'mean' | 'first' | 'last';

export interface PoolShape {
  outputs: number;
  dim: number;
  kind: PoolKind;
  threads: number;
}

const KINDS: Record<PoolKind, number> = { mean: 0, first: 1, last: 2 };

/** Reads `x` (rows, dim) and the step's outputs; writes `out` (outputs, dim). All rows of a text are there, but for `last`, which needs that one. */
export const pool: Kernel<PoolShape> = {
  name: 'pool',
  wgsl: output + wgsl,
  bindings: ['read', 'read', 'write'],
  cost: ({ outputs, dim, kind }, { rows }) => {
    const read = kind === 'mean' ? rows : outputs;
    return valuesCost((read + outputs) * dim, read * dim);
  },
  constants: ({ dim, kind, threads }) => ({ DIM: dim, KIND: KINDS[kind], THREADS: threads }),
  workgroups: ({ outputs, dim, threads }) => [Math.ceil(dim / threads), outputs],
};
