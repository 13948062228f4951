import type { Kernel } from '../kernel.ts';
import wgsl from './head-norm.wgsl?raw';

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
 * Reads `qWeight` and `kWeight` (headDim); normalises the heads of q and k in `qkv` (rows, (heads + 2 kvHeads) ·
 * headDim) and leaves v. All f32.
 */
export const headNorm: Kernel<HeadNormShape> = {
  name: 'head-norm',
  wgsl,
  bindings: ['read', 'read', 'write'],
  constants: ({ heads, kvHeads, headDim, eps, threads }) => ({
    HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    EPS: eps,
    THREADS: threads,
  }),
  workgroups: ({ rows, heads, kvHeads }) => [heads + kvHeads, rows],
};
