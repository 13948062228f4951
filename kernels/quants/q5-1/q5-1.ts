import { fifthBits } from '../fifth-bits.ts';
import { defineFormat } from '../format.ts';
import wgslPack from './pack.wgsl?raw';
import wgsl from './q5-1.wgsl?raw';
import wgslDp4a from './q5-1-dp4a.wgsl?raw';
import wgslF16 from './q5-1-f16.wgsl?raw';

/** w = d * q + m, with q of 5 bits. A block in the file: d, m (f16), a word of fifth bits, 16 bytes with values i and 16 + i. */
export const q5_1 = defineFormat({
  name: 'Q5_1',
  blockValues: 32,
  blockBytes: 24,
  floats: [
    { at: 0, as: 'f16', sign: 1, typical: 2 ** -10 },
    { at: 2, as: 'f16', sign: -1, typical: 2 ** -6 },
  ],
  wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => 2 * units,
  pack({ fileWords: file, quants, scales, rows, units }) {
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      const rowStart = row * 2 * units;
      for (let unit = 0; unit < units; unit++, from += 6, to += 4) {
        scales[rowStart + unit] = file[from]!;
        scales[rowStart + units + unit] = fifthBits(file[from + 1]!);
        quants[to] = file[from + 2]!;
        quants[to + 1] = file[from + 3]!;
        quants[to + 2] = file[from + 4]!;
        quants[to + 3] = file[from + 5]!;
      }
    }
  },
});
