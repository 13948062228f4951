import { grid, type Kernel } from '../kernel.ts';
import wgsl from './copy.wgsl?raw';

export interface CopyShape {
  /** A multiple of 16. */
  bytes: number;
}

/** Reads `source`; writes `out`, as long. */
export const copy: Kernel<CopyShape> = {
  name: 'copy',
  wgsl,
  bindings: ['read', 'write'],
  cost: ({ bytes }) => ({ bytes: 2 * bytes, operations: 0 }),
  constants: () => ({}),
  workgroups: ({ bytes }) => grid(Math.ceil(bytes / 16 / 256)),
};
