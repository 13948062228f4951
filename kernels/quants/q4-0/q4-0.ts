import { defineFormat } from '../format.ts';
import wgsl from './q4-0.wgsl?raw';
import wgslDp4a from './q4-0-dp4a.wgsl?raw';
import wgslF16 from './q4-0-f16.wgsl?raw';

/** w = d * (q - 8), with q of 4 bits. A block in the file: d (f16), 16 bytes with values i and 16 + i. */
export const q4_0 = defineFormat({
  name: 'Q4_0',
  blockValues: 32,
  blockBytes: 18,
  wgsl,
  wgslF16,
  wgslDp4a,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => Math.ceil(units / 2),
  pack({ fileHalves: file, quants, scaleHalves, rows, units }) {
    const rowHalves = 2 * Math.ceil(units / 2);
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      for (let unit = 0; unit < units; unit++, from += 9, to += 4) {
        scaleHalves[row * rowHalves + unit] = file[from]!;
        quants[to] = file[from + 1]! | (file[from + 2]! << 16);
        quants[to + 1] = file[from + 3]! | (file[from + 4]! << 16);
        quants[to + 2] = file[from + 5]! | (file[from + 6]! << 16);
        quants[to + 3] = file[from + 7]! | (file[from + 8]! << 16);
      }
    }
  },
});
