import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import wgsl from './head-norm.wgsl?raw';
import noWeights from './no-weights.wgsl?raw';
import weightsWgsl from './weights.wgsl?raw';

export interface HeadNormShape {
  rows: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  eps: number;
  /** A power of two; fewer where barriers are dear. */
  threads: number;
}

/**
 * Normalises the heads of q and k in `qkv` (rows, (heads + 2 kvHeads) · headDim) and leaves v; reads `qWeight` and
 * `kWeight` (headDim), bound behind it, where there are some. All f32.
 */
export function headNorm(weights: 'weights' | 'no weights'): Kernel<HeadNormShape> {
  const isWeighted = weights === 'weights';
  return {
    name: isWeighted ? 'head-norm' : 'head-norm-plain',
    wgsl: (isWeighted ? weightsWgsl : noWeights) + wgsl,
    bindings: isWeighted ? ['write', 'read', 'read'] : ['write'],
    cost: ({ rows, heads, kvHeads, headDim }) =>
      valuesCost(2 * rows * (heads + kvHeads) * headDim, 4 * rows * (heads + kvHeads) * headDim),
    constants: ({ heads, kvHeads, headDim, eps, threads }) => ({
      HEADS: heads,
      KV_HEADS: kvHeads,
      HEAD_DIM: headDim,
      EPS: eps,
      THREADS: threads,
    }),
    workgroups: ({ rows, heads, kvHeads }) => [heads + kvHeads, rows],
  };
}
