import { defineFormat } from '../format.ts';
import { packPlanes } from '../planes.ts';
import wgslPlanes from '../pack-planes.wgsl?raw';
import pack from './pack.wgsl?raw';
import wgsl from './f32.wgsl?raw';

/** IEEE single precision. */
export const f32 = defineFormat({
  name: 'F32',
  blockValues: 1,
  blockBytes: 4,
  floats: [{ at: 0, as: 'f32', typical: 0.02 }],
  wgsl,
  wgslPack: wgslPlanes + pack,
  quantsWords: (units) => 32 * units,
  scalesWords: () => 0,
  pack: (batch) => packPlanes(batch, 8, batch.k),
});
