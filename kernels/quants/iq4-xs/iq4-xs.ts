import { defineFormat } from '../format.ts';
import table from '../iq4-table.wgsl?raw';
import lookUp from '../look-up.wgsl?raw';
import wgslDp4a from '../look-up-dp4a.wgsl?raw';
import wgslF16 from '../look-up-f16.wgsl?raw';
import wgslPack from './pack.wgsl?raw';
import wgsl from './iq4-xs.wgsl?raw';

/**
 * w = d * (scale - 32) * table[q], with q of 4 bits and a 6 bit scale for each 32 of 256 values. A block in the file:
 * d (f16), 2 bytes with the scales' high 2 bits, 4 with their low 4 bits, 16 bytes a unit with values i and 16 + i.
 */
export const iq4_xs = defineFormat({
  name: 'IQ4_XS',
  blockValues: 256,
  blockBytes: 136,
  floats: [{ at: 0, as: 'f16', typical: 1e-5 }],
  wgsl: table + lookUp + wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => units / 4,
  pack({ fileWords: file, quants, scales, rows, units }) {
    for (let block = 0, from = 0; block < (rows * units) / 8; block++, from += 34) {
      scales[2 * block] = file[from]!;
      scales[2 * block + 1] = file[from + 1]!;
      quants.set(file.subarray(from + 2, from + 34), 32 * block);
    }
  },
});
