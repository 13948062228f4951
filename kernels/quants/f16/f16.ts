import { defineFormat } from '../format.ts';
import { packPlanes } from '../planes.ts';
import wgslPlanes from '../pack-planes.wgsl?raw';
import pack from './pack.wgsl?raw';
import wgsl from './f16.wgsl?raw';
import wgslF16 from './f16-f16.wgsl?raw';

/** IEEE half precision. */
export const f16 = defineFormat({
  name: 'F16',
  blockValues: 1,
  blockBytes: 2,
  floats: [{ at: 0, as: 'f16', typical: 0.02 }],
  wgsl,
  wgslF16,
  wgslPack: wgslPlanes + pack,
  quantsWords: (units) => 16 * units,
  scalesWords: () => 0,
  pack: (batch) => packPlanes(batch, 4, batch.k / 2),
});
