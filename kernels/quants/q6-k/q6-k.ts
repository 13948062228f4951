import { pairsOfBits } from '../bit-planes.ts';
import { defineFormat } from '../format.ts';
import { highNibbles, lowNibbles } from '../nibbles.ts';
import { readWords } from '../read-words.ts';
import wgslPack from './pack.wgsl?raw';
import wgsl from './q6-k.wgsl?raw';
import wgslDp4a from './q6-k-dp4a.wgsl?raw';
import wgslF16 from './q6-k-f16.wgsl?raw';

const FILE_HALVES = 105;

/**
 * w = d * scale * (q - 32), with q of 6 bits and a signed byte as scale for each 16 of 256 values. A block in the
 * file: 128 bytes of low nibbles, 64 of high bits, 16 scales, d (f16). Each 128 values have 64 bytes of nibbles
 * (units 0 and 1 in the low, 2 and 3 in the high nibbles of 32 bytes each) and 32 bytes of high bits (bits
 * 2u and 2u + 1 of byte i: value i of unit u).
 */
export const q6_k = defineFormat({
  name: 'Q6_K',
  blockValues: 256,
  blockBytes: 2 * FILE_HALVES,
  floats: [{ at: 208, as: 'f16', typical: 1e-5 }],
  wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => pairs(units) + units / 2 + 2 * units,
  pack({ fileHalves, quants, scales, scaleHalves, rows, units }) {
    const blocks = units / 8;
    const file = new Uint32Array((FILE_HALVES - 1) / 2);
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      const ds = row * (pairs(units) + units / 2 + 2 * units);
      const unitScales = ds + pairs(units);
      const highBits = unitScales + units / 2;
      for (let block = 0; block < blocks; block++, from += FILE_HALVES) {
        readWords(fileHalves, from, file);
        scaleHalves[2 * ds + block] = fileHalves[from + FILE_HALVES - 1]!;
        for (let i = 0; i < 4; i++) scales[unitScales + 4 * block + i] = file[48 + i]!;

        for (let part = 0; part < 2; part++, to += 16) {
          const low = 16 * part;
          for (let i = 0; i < 4; i++) {
            quants[to + i] = lowNibbles(file[low + i]!, file[low + 4 + i]!);
            quants[to + 4 + i] = lowNibbles(file[low + 8 + i]!, file[low + 12 + i]!);
            quants[to + 8 + i] = highNibbles(file[low + i]!, file[low + 4 + i]!);
            quants[to + 12 + i] = highNibbles(file[low + 8 + i]!, file[low + 12 + i]!);
          }
          const high = 32 + 8 * part;
          for (let unit = 0; unit < 4; unit++) {
            const at = highBits + 8 * block + 4 * part + unit;
            scales[at] = pairsOfBits(file, high, 2 * unit);
            scales[at + units] = pairsOfBits(file, high + 4, 2 * unit);
          }
        }
      }
    }
  },
});

const pairs = (units: number) => Math.ceil(units / 16);
