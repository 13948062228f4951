import type { Kernel } from '../kernel.ts';
import wgsl from './multiply-add.wgsl?raw';
import int8 from './multiply-add-int8.wgsl?raw';

export interface MultiplyAddShape {
  /** A multiple of 64, up to 64 · 65,535. */
  threads: number;
  turns: number;
}

/** Sums of a thread. */
const SUMS = 16;

/** Reads `factors` (64) f32; writes `out` (threads). */
export const multiplyAdd: Kernel<MultiplyAddShape> = {
  name: 'multiply-add',
  wgsl,
  bindings: ['read', 'write'],
  constants: ({ turns }) => ({ TURNS: turns }),
  workgroups: ({ threads }) => [threads / 64],
  cost: ({ threads, turns }) => ({ bytes: 4 * threads, operations: 2 * SUMS * threads * turns }),
};

/** The same of int8, four to a word; `out` in i32. */
export const multiplyAddInt8: Kernel<MultiplyAddShape> = {
  ...multiplyAdd,
  name: 'multiply-add int8',
  wgsl: int8,
  cost: ({ threads, turns }) => ({
    bytes: 4 * threads,
    operations: 8 * SUMS * threads * turns,
    isInteger: true,
  }),
};
