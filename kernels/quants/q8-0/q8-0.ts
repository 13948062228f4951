import { defineFormat } from '../format.ts';
import wgslPack from './pack.wgsl?raw';
import wgsl from './q8-0.wgsl?raw';
import wgslDp4a from './q8-0-dp4a.wgsl?raw';
import wgslF16 from './q8-0-f16.wgsl?raw';

/** w = d * q, with q a signed byte. A block in the file: d (f16), 32 bytes. */
export const q8_0 = defineFormat({
  name: 'Q8_0',
  blockValues: 32,
  blockBytes: 34,
  floats: [{ at: 0, as: 'f16', typical: 3e-4 }],
  wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 8 * units,
  scalesWords: (units) => Math.ceil(units / 2),
  pack({ fileHalves: file, quants, scaleHalves, rows, units }) {
    const rowHalves = 2 * Math.ceil(units / 2);
    for (let row = 0, from = 0; row < rows; row++) {
      for (let unit = 0; unit < units; unit++, from += 17) {
        scaleHalves[row * rowHalves + unit] = file[from]!;
        const to = row * 8 * units + 4 * unit;
        for (let i = 0; i < 4; i++) {
          quants[to + i] = file[from + 2 * i + 1]! | (file[from + 2 * i + 2]! << 16);
          quants[to + 4 * units + i] = file[from + 2 * i + 9]! | (file[from + 2 * i + 10]! << 16);
        }
      }
    }
  },
});
