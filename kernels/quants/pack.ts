import { grid, type Kernel } from '../kernel.ts';
import type { QuantFormat } from './format.ts';
import wgsl from './pack.wgsl?raw';

export interface PackShape {
  rows: number;
  k: number;
}

/** Before the rows' bytes: how many rows there are, which of the matrix's is the first, two words of nothing. */
export const PACK_HEAD_BYTES = 16;

const THREADS = 64;

/** Reads rows as they are in a file, behind a head; writes them to their places in `quants` and `scales`. */
export function packRows(format: QuantFormat): Kernel<PackShape> {
  return {
    name: `pack ${format.name}`,
    wgsl: wgsl + format.wgslPack,
    bindings: ['read', 'write', 'write'],
    constants: ({ k }) => ({
      ROW_BYTES: format.rowBytes(k),
      QUANTS_WORDS: format.quantsBytes(k) / 4,
      SCALES_WORDS: format.scalesBytes(k) / 4,
      UNITS: Math.ceil(k / 32),
    }),
    workgroups: ({ rows, k }) =>
      grid(Math.ceil((rows * (format.quantsBytes(k) + format.scalesBytes(k))) / 4 / THREADS)),
  };
}
