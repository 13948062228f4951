import { bits } from '../bit-planes.ts';
import { defineFormat } from '../format.ts';
import { readWords } from '../read-words.ts';
import { packTwoBits } from '../two-bits.ts';
import twoBits from '../two-bits.wgsl?raw';
import wgslPack from './pack.wgsl?raw';
import wgsl from './q3-k.wgsl?raw';
import wgslDp4a from './q3-k-dp4a.wgsl?raw';
import wgslF16 from './q3-k-f16.wgsl?raw';

const FILE_HALVES = 55;

/**
 * w = d * (scale - 32) * (q - 4), with q of 3 bits and a 6 bit scale for each 16 of 256 values. A block in the file:
 * 32 bytes of third bits (bit u of byte i: value i of unit u), 64 bytes of the lower two, 12 bytes of scales, d (f16).
 */
export const q3_k = defineFormat({
  name: 'Q3_K',
  blockValues: 256,
  blockBytes: 2 * FILE_HALVES,
  floats: [{ at: 108, as: 'f16', typical: 3e-4 }],
  wgsl: twoBits + wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 2 * units,
  scalesWords: (units) => lineWords(units),
  pack({ fileHalves, quants, scales, scaleHalves, rows, units }) {
    const blocks = units / 8;
    const file = new Uint32Array((FILE_HALVES - 1) / 2);
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      const ds = row * lineWords(units);
      const sixths = ds + pairs(units);
      const thirds = sixths + 3 * blocks;
      for (let block = 0; block < blocks; block++, from += FILE_HALVES, to += 16) {
        readWords(fileHalves, from, file);
        for (let unit = 0; unit < 8; unit++) scales[thirds + 8 * block + unit] = bits(file, 0, unit);
        packTwoBits(file, 8, quants, to);
        for (let i = 0; i < 3; i++) scales[sixths + 3 * block + i] = file[24 + i]!;
        scaleHalves[2 * ds + block] = fileHalves[from + FILE_HALVES - 1]!;
      }
    }
  },
});

const pairs = (units: number) => Math.ceil(units / 16);
const lineWords = (units: number) => pairs(units) + (3 * units) / 8 + units;
