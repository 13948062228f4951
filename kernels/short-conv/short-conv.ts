import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import step from '../step.wgsl?raw';
import convolve from './short-conv.wgsl?raw';
import keep from './short-conv-keep.wgsl?raw';

export interface ShortConvShape {
  rows: number;
  dim: number;
  /** Positions that a row sees, its own included. */
  taps: number;
  /** Positions in a page. */
  page: number;
  /** Entries of a sequence in the page table. */
  maxPages: number;
  threads: number;
}

/** Reads `bcx` (rows, 3, dim), `pages`, `step`; writes the rows' places in `inputs` (pages, position in page, dim). All f32. */
export const shortConvKeep: Kernel<ShortConvShape> = {
  name: 'short-conv-keep',
  wgsl: step + keep,
  bindings: ['read', 'read', 'read', 'write'],
  cost: ({ rows, dim }) => valuesCost(3 * rows * dim, rows * dim),
  constants: ({ dim, page, maxPages, threads }) => ({
    DIM: dim,
    PAGE: page,
    MAX_PAGES: maxPages,
    THREADS: threads,
  }),
  workgroups,
};

/** Reads `bcx`, `weight` (dim, taps), `inputs`, `pages`, `step`; writes `out` (rows, dim). All f32. */
export const shortConv: Kernel<ShortConvShape> = {
  name: 'short-conv',
  wgsl: step + convolve,
  bindings: ['read', 'read', 'read', 'read', 'read', 'write'],
  cost: ({ rows, dim, taps }) => valuesCost((rows * (2 + taps) + taps) * dim, 2 * rows * taps * dim),
  constants: (shape) => ({ ...shortConvKeep.constants(shape), TAPS: shape.taps }),
  workgroups,
};

/** Rows have a dimension of their own, since one past the last would overwrite another sequence's inputs. */
function workgroups({ rows, dim, threads }: ShortConvShape): [x: number, y: number] {
  return [Math.ceil(dim / threads), rows];
}
