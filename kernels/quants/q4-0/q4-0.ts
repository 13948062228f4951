import { defineFormat } from '../format.ts';
import { packNibbles } from '../pack-nibbles.ts';
import wgslPack from '../pack-nibbles.wgsl?raw';
import wgsl from './q4-0.wgsl?raw';
import wgslDp4a from './q4-0-dp4a.wgsl?raw';
import wgslF16 from './q4-0-f16.wgsl?raw';

/** w = d * (q - 8), with q of 4 bits. A block in the file: d (f16), 16 bytes with values i and 16 + i. */
export const q4_0 = defineFormat({
  name: 'Q4_0',
  blockValues: 32,
  blockBytes: 18,
  floats: [{ at: 0, as: 'f16', typical: 4e-3 }],
  wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => Math.ceil(units / 2),
  pack: packNibbles,
});
