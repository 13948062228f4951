import { defineFormat } from '../format.ts';
import { packPlanes } from '../planes.ts';
import wgslPlanes from '../pack-planes.wgsl?raw';
import pack from './pack.wgsl?raw';
import wgsl from './bf16.wgsl?raw';

/** The upper half of an f32: its range, with 8 bits of precision. */
export const bf16 = defineFormat({
  name: 'BF16',
  blockValues: 1,
  blockBytes: 2,
  floats: [{ at: 0, as: 'bf16', typical: 0.02 }],
  wgsl,
  wgslPack: wgslPlanes + pack,
  quantsWords: (units) => 16 * units,
  scalesWords: () => 0,
  pack: (batch) => packPlanes(batch, 4, batch.k / 2),
});
