import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import step from '../step.wgsl?raw';
import wgsl from './rope-rows.wgsl?raw';

export interface RopeRowsShape {
  rows: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Dimensions of a head that turn, from the first; even, and 2 at least. */
  rotaryDim: number;
  /** Which dimensions turn together: (2i, 2i + 1), or (i, i + rotaryDim / 2). */
  pairs: 'adjacent' | 'halves';
  threads: number;
}

/** Reads `rotation` (positions, rotaryDim / 2) of (cos, sin) and `step`; turns q and k of `qkv` (rows, (heads + 2 kvHeads) · headDim). */
export const ropeRows: Kernel<RopeRowsShape> = {
  name: 'rope-rows',
  wgsl: step + wgsl,
  bindings: ['read', 'read', 'write'],
  cost: ({ rows, heads, kvHeads, rotaryDim }) => {
    const values = rows * (heads + kvHeads) * rotaryDim;
    return valuesCost(2 * values + rows * rotaryDim, 3 * values);
  },
  constants: ({ heads, kvHeads, headDim, rotaryDim, pairs, threads }) => ({
    HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    ROTARY: rotaryDim,
    ADJACENT: pairs === 'adjacent' ? 1 : 0,
    THREADS: threads,
  }),
  workgroups: ({ rows, heads, kvHeads, rotaryDim, threads }) => [
    Math.ceil(((heads + kvHeads) * rotaryDim) / 2 / threads),
    rows,
  ],
};
