import type { Kernel } from '../kernel.ts';
import output from '../output.wgsl?raw';
import step from '../step.wgsl?raw';
import quads16 from './quads-16.wgsl?raw';
import quads64 from './quads-64.wgsl?raw';
import wgsl from './text-attention.wgsl?raw';

export interface TextAttentionShape {
  rows: number;
  heads: number;
  kvHeads: number;
  /** A multiple of 4, up to 256. */
  headDim: number;
  /** Usually 1 / sqrt(headDim). */
  scale: number;
  /** Whether a row sees only those before it, and itself. */
  isCausal: boolean;
  /** How many rows one sees, itself included: the last so many, or as many before as after it; 0 is all. */
  window: number;
  threads: number;
}

/**
 * Reads `qkv` (rows, (heads + 2 kvHeads) · headDim) of texts that are whole in the step, one after the other, `step`
 * and its outputs; writes `out` (rows, heads · headDim). `counts.x` = rows.
 */
export function textAttention({ headDim }: Pick<TextAttentionShape, 'headDim'>): Kernel<TextAttentionShape> {
  const isSmall = headDim <= 64;
  return {
    name: `text-attention${isSmall ? '' : '-wide'}`,
    wgsl: (isSmall ? quads16 : quads64) + output + step + wgsl,
    bindings: ['read', 'read', 'read', 'write', 'uniform'],
    cost: ({ rows, heads, kvHeads, headDim }) => ({
      bytes: rows * (2 * heads + 2 * kvHeads) * headDim * 4,
      operations: 4 * rows * rows * heads * headDim,
    }),
    constants: ({ heads, kvHeads, headDim, scale, isCausal, window, threads }) => ({
      HEADS: heads,
      KV_HEADS: kvHeads,
      HEAD_DIM: headDim,
      SCALE: scale,
      CAUSAL: isCausal ? 1 : 0,
      WINDOW: window,
      THREADS: threads,
    }),
    workgroups: ({ rows, heads, threads }) => [Math.ceil(rows / threads), heads],
  };
}
