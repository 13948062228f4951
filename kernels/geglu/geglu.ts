import { type SwigluShape, swiglu } from '../swiglu/swiglu.ts';
import wgsl from './geglu.wgsl?raw';
import type { Kernel } from '../kernel.ts';

/** Reads `gateUp` (rows, 2 · dim), gate first; writes `out` (rows, dim). All f32. */
export const geglu: Kernel<SwigluShape> = { ...swiglu, name: 'geglu', wgsl };
