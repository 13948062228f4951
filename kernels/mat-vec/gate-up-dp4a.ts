import { linearCost, rowBytes } from '../costs.ts';
import { grid, type Kernel } from '../kernel.ts';
import { givenAs, type InputKind, inputBindings, inputsWgsl } from '../quantize/inputs.ts';
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
  /** Of RMS norm, where x is `normed`. */
  eps?: number;
  tuning: GateUpTuning;
}

export interface GateUpTuning {
  /** Threads that share a row of gate and one of up: a power of two. A workgroup has 32 times as many. */
  lanes: number;
  /** Rows of x at once: 1, 2, 4 or 8. */
  cols: number;
  /** The smallest subgroup that the adapter may choose. */
  subgroup: number;
  /** Units of each lane that are asked for before x is made: up to 2. */
  ahead: number;
}

/**
 * `matVecDp4a` and `swigluQuantize` in one. Reads `quants` and `scales` (2 · ffn, k), gate first, `x` (rows, k)
 * in int8 or made so here, and `counts` (rows); writes `out` (rows, ffn) as kernels/quantize does.
 */
export function gateUpDp4a(
  format: QuantFormat,
  team: Dp4aTeam,
  input: InputKind = 'quantized',
): Kernel<GateUpShape> {
  const isSubgroup = team === 'subgroup';
  const needs = isSubgroup ? (['subgroups'] as const) : [];
  return {
    name: `gate-up ${format.name} dp4a ${team} ${input}`,
    wgsl:
      enable(needs) +
      integersWgsl(format) +
      inputsWgsl(input, team) +
      wgsl +
      (isSubgroup ? reduceSubgroup : reduceWorkgroup),
    bindings: inputBindings(input),
    needs,
    cost({ rows, k, ffn }) {
      const { bytes, ...both } = linearCost(format, { rows, k, n: 2 * ffn }, givenAs(input), true);
      // What is written is the product of gate and up
      return { ...both, bytes: bytes - rows * (rowBytes(2 * ffn) - rowBytes(ffn, 'int8')) };
    },
    constants: ({ k, ffn, eps, tuning }) => ({
      K: k,
      FFN: ffn,
      LANES: tuning.lanes,
      COLS: tuning.cols,
      AHEAD: input === 'quantized' ? 0 : tuning.ahead,
      ...(input === 'normed' && { EPS: eps! }),
      ...(isSubgroup && { SUBGROUP: tuning.subgroup }),
    }),
    workgroups: ({ rows, ffn, tuning }) => [...grid(ffn / 32), Math.ceil(rows / tuning.cols)],
  };
}
