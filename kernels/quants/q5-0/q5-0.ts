import { fifthBits } from '../fifth-bits.ts';
import { defineFormat } from '../format.ts';
import wgslPack from './pack.wgsl?raw';
import wgsl from './q5-0.wgsl?raw';
import wgslDp4a from './q5-0-dp4a.wgsl?raw';
import wgslF16 from './q5-0-f16.wgsl?raw';

/** w = d * (q - 16), with q of 5 bits. A block in the file: d (f16), a word of fifth bits, 16 bytes with values i and 16 + i. */
export const q5_0 = defineFormat({
  name: 'Q5_0',
  blockValues: 32,
  blockBytes: 22,
  floats: [{ at: 0, as: 'f16', typical: 2e-3 }],
  wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => Math.ceil(units / 2) + units,
  pack({ fileHalves: file, quants, scales, scaleHalves, rows, units }) {
    const pairs = Math.ceil(units / 2);
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      const rowStart = row * (pairs + units);
      for (let unit = 0; unit < units; unit++, from += 11, to += 4) {
        scaleHalves[2 * rowStart + unit] = file[from]!;
        scales[rowStart + pairs + unit] = fifthBits(file[from + 1]! | (file[from + 2]! << 16));
        quants[to] = file[from + 3]! | (file[from + 4]! << 16);
        quants[to + 1] = file[from + 5]! | (file[from + 6]! << 16);
        quants[to + 2] = file[from + 7]! | (file[from + 8]! << 16);
        quants[to + 3] = file[from + 9]! | (file[from + 10]! << 16);
      }
    }
  },
});
