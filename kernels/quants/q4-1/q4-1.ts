import { defineFormat } from '../format.ts';
import wgslPack from './pack.wgsl?raw';
import wgsl from './q4-1.wgsl?raw';
import wgslDp4a from './q4-1-dp4a.wgsl?raw';
import wgslF16 from './q4-1-f16.wgsl?raw';

/** w = d * q + m, with q of 4 bits. A block in the file: d, m (f16), 16 bytes with values i and 16 + i. */
export const q4_1 = defineFormat({
  name: 'Q4_1',
  blockValues: 32,
  blockBytes: 20,
  floats: [
    { at: 0, as: 'f16', sign: 1, typical: 2 ** -9 },
    { at: 2, as: 'f16', sign: -1, typical: 2 ** -6 },
  ],
  wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => units,
  pack({ fileWords: file, quants, scales, rows, units }) {
    for (let unit = 0, from = 0, to = 0; unit < rows * units; unit++, from += 5, to += 4) {
      scales[unit] = file[from]!;
      quants[to] = file[from + 1]!;
      quants[to + 1] = file[from + 2]!;
      quants[to + 2] = file[from + 3]!;
      quants[to + 3] = file[from + 4]!;
    }
  },
});
