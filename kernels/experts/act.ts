import { rowBytes } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import fours from '../quantize/quantize-fours.wgsl?raw';
import wgsl from './act.wgsl?raw';
import actQuantize from './act-quantize.wgsl?raw';
import inner from './inner.wgsl?raw';
import routes from './routes.wgsl?raw';

/** What gate and up of an expert make together: inner.wgsl says how. */
export type ExpertActivation = 'silu' | 'gelu' | 'clamped';

export interface InnerShape {
  /** Rows of gate, and of up. */
  ffn: number;
  activation: ExpertActivation;
  /** Whether gate and up are multiplied by the pair's weight, as if x had been. */
  weightsFirst: boolean;
  hasBias: boolean;
}

export interface ActShape extends InnerShape {
  rows: number;
  /** Experts of a row. */
  used: number;
  threads: number;
}

/** What inner.wgsl reads of a shape. */
export function innerConstants({ activation, weightsFirst, hasBias }: InnerShape): Record<string, number> {
  return {
    ACT: ['silu', 'gelu', 'clamped'].indexOf(activation),
    WEIGHTS_FIRST: Number(weightsFirst),
    BIASED: Number(hasBias),
  };
}

/**
 * Reads `products` (rows · used, 2 · ffn), gate first, `routes` (rows, used) and `bias`, if there is one: gate's
 * (experts, ffn), then up's. Writes `out` (rows · used, ffn), in f32 or as kernels/quantize does: then `ffn` is a
 * multiple of 32, `threads` of 8.
 */
export function act(to: 'f32' | 'int8'): Kernel<ActShape> {
  const isInteger = to === 'int8';
  return {
    name: `expert-act ${to}`,
    wgsl: routes + (isInteger ? fours + actQuantize : wgsl) + inner,
    bindings: ['read', 'read', 'write', 'read'],
    cost({ rows, used, ffn }) {
      const pairs = rows * used;
      return { bytes: pairs * (rowBytes(2 * ffn) + rowBytes(ffn, to)), operations: 4 * pairs * ffn };
    },
    constants: (shape) => ({
      [isInteger ? 'DIM' : 'FFN']: shape.ffn,
      THREADS: shape.threads,
      ...innerConstants(shape),
    }),
    workgroups: ({ rows, used, ffn, threads }) => [
      Math.ceil(ffn / (isInteger ? 4 : 1) / threads),
      rows * used,
    ],
  };
}
