import { defineFormat } from '../format.ts';
import wgslPack from './pack.wgsl?raw';
import wgsl from './q8-k.wgsl?raw';
import wgslDp4a from './q8-k-dp4a.wgsl?raw';

const FILE_WORDS = 73;

/**
 * w = d * q, with q a signed byte. A block in the file: d (f32), 256 bytes, and the sums of each 16 of them, which
 * serve products with integers and are left out here.
 */
export const q8_k = defineFormat({
  name: 'Q8_K',
  blockValues: 256,
  blockBytes: 4 * FILE_WORDS,
  floats: [{ at: 0, as: 'f32', typical: 2e-4 }],
  wgsl,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 8 * units,
  scalesWords: (units) => units / 8,
  pack({ fileWords: file, quants, scales, rows, units }) {
    for (let row = 0, from = 0, block = 0; row < rows; row++) {
      for (let unit = 0; unit < units; ) {
        scales[block++] = file[from]!;
        for (let at = from + 1; at < from + 65; at += 8, unit++) {
          const to = row * 8 * units + 4 * unit;
          for (let i = 0; i < 4; i++) {
            quants[to + i] = file[at + i]!;
            quants[to + 4 * units + i] = file[at + 4 + i]!;
          }
        }
        from += FILE_WORDS;
      }
    }
  },
});
