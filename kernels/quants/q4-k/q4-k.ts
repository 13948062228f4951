import { defineFormat } from '../format.ts';
import kScales from '../k-scales.wgsl?raw';
import { kScalesWords, packKScales } from '../k-scales.ts';
import { highNibbles, lowNibbles } from '../nibbles.ts';
import packScales from '../pack-k-scales.wgsl?raw';
import pack from './pack.wgsl?raw';
import wgsl from './q4-k.wgsl?raw';
import wgslDp4a from './q4-k-dp4a.wgsl?raw';
import wgslF16 from './q4-k-f16.wgsl?raw';

/**
 * w = d * scale * q - dmin * min, with q of 4 bits and a 6 bit scale and min for each 32 of 256 values. A block
 * in the file: d, dmin (f16), 12 bytes of scales and mins, 4 times 32 bytes with the nibbles of two units.
 */
export const q4_k = defineFormat({
  name: 'Q4_K',
  blockValues: 256,
  blockBytes: 144,
  floats: [
    { at: 0, as: 'f16', sign: 1, typical: 2 ** -14 },
    { at: 2, as: 'f16', sign: 1, typical: 2 ** -11 },
  ],
  wgsl: kScales + wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack: packScales + pack,
  quantsWords: (units) => 4 * units,
  scalesWords: kScalesWords,
  pack({ fileWords: file, quants, scales, rows, units }) {
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      for (let block = 0; block < units / 8; block++) {
        packKScales(file, from, scales, row * kScalesWords(units), units, block);
        from += 4;
        for (let pair = 0; pair < 4; pair++, from += 8, to += 8) {
          for (let i = 0; i < 4; i++) {
            quants[to + i] = lowNibbles(file[from + i]!, file[from + 4 + i]!);
            quants[to + 4 + i] = highNibbles(file[from + i]!, file[from + 4 + i]!);
          }
        }
      }
    }
  },
});
