import { grid, type Kernel } from '../kernel.ts';
import inputs from '../quantize/inputs.wgsl?raw';
import type { QuantFormat } from '../quants/format.ts';
import { enable, integersWgsl } from '../quants/weights.ts';
import wgsl from './gate-up-dp4a.wgsl?raw';
import type { Dp4aTeam } from './mat-vec-dp4a.ts';
import reduceSubgroup from './reduce-subgroup.wgsl?raw';
import reduceWorkgroup from './reduce-workgroup.wgsl?raw';

export interface GateUpShape {
  /** Rows of x: they are taken `cols` at a time, and the weights are read once for each time. */
  rows: number;
  /** Values per row of w and x; a multiple of 32, as `ffn` is. */
  k: number;
  /** Rows of gate, and of up. */
  ffn: number;
  tuning: GateUpTuning;
}

export interface GateUpTuning {
  /** Threads that share a row of gate and one of up: a power of two, at most 8. A workgroup has 32 times as many. */
  lanes: number;
  /** Rows of x at once: 1, 2, 4 or 8. */
  cols: number;
  /** The smallest subgroup that the adapter may choose. */
  subgroup: number;
}

/**
 * `matVecDp4a` and `swigluQuantize` in one. Reads `quants` and `scales` (2 · ffn, k), gate first, `x` (rows, k) as
 * kernels/quantize writes it and `counts` (rows); writes `out` (rows, ffn) likewise.
 */
export function gateUpDp4a(format: QuantFormat, team: Dp4aTeam): Kernel<GateUpShape> {
  const isSubgroup = team === 'subgroup';
  const needs = isSubgroup ? (['subgroups'] as const) : [];
  return {
    name: `gate-up ${format.name} dp4a ${team}`,
    wgsl:
      enable(needs) + integersWgsl(format) + inputs + wgsl + (isSubgroup ? reduceSubgroup : reduceWorkgroup),
    bindings: ['read', 'read', 'read', 'write', 'uniform'],
    needs,
    constants: ({ k, ffn, tuning }) => ({
      K: k,
      FFN: ffn,
      LANES: tuning.lanes,
      COLS: tuning.cols,
      ...(isSubgroup && { SUBGROUP: tuning.subgroup }),
    }),
    workgroups: ({ rows, ffn, tuning }) => [...grid(ffn / 32), Math.ceil(rows / tuning.cols)],
  };
}
