import { defineFormat } from '../format.ts';
import table from '../iq4-table.wgsl?raw';
import lookUp from '../look-up.wgsl?raw';
import wgslDp4a from '../look-up-dp4a.wgsl?raw';
import wgslF16 from '../look-up-f16.wgsl?raw';
import { packNibbles } from '../pack-nibbles.ts';
import wgslPack from '../pack-nibbles.wgsl?raw';
import wgsl from './iq4-nl.wgsl?raw';

/** w = d * table[q], with q of 4 bits. A block in the file: d (f16), 16 bytes with values i and 16 + i. */
export const iq4_nl = defineFormat({
  name: 'IQ4_NL',
  blockValues: 32,
  blockBytes: 18,
  floats: [{ at: 0, as: 'f16', typical: 2e-4 }],
  wgsl: table + lookUp + wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => Math.ceil(units / 2),
  pack: packNibbles,
});
