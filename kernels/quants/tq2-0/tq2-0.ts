import { defineFormat } from '../format.ts';
import { readWords } from '../read-words.ts';
import ternary from '../ternary.wgsl?raw';
import wgslDp4a from '../ternary-dp4a.wgsl?raw';
import wgslF16 from '../ternary-f16.wgsl?raw';
import { packTwoBits, TWO_BITS_WORDS } from '../two-bits.ts';
import twoBits from '../two-bits.wgsl?raw';
import wgslPack from './pack.wgsl?raw';
import wgsl from './tq2-0.wgsl?raw';

const FILE_HALVES = 33;

/** w = d * (q - 1), with q of 2 bits, of which ternary models use 0, 1 and 2. A block in the file: 64 bytes of 256 values, d (f16). */
export const tq2_0 = defineFormat({
  name: 'TQ2_0',
  blockValues: 256,
  blockBytes: 2 * FILE_HALVES,
  floats: [{ at: 64, as: 'f16', typical: 0.016 }],
  wgsl: ternary + twoBits + wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 2 * units,
  scalesWords: (units) => Math.ceil(units / 16),
  pack({ fileHalves, quants, scaleHalves, rows, units }) {
    const blocks = units / 8;
    const rowHalves = 2 * Math.ceil(blocks / 2);
    const file = new Uint32Array(TWO_BITS_WORDS);
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      for (let block = 0; block < blocks; block++, from += FILE_HALVES, to += 16) {
        readWords(fileHalves, from, file);
        packTwoBits(file, 0, quants, to);
        scaleHalves[row * rowHalves + block] = fileHalves[from + FILE_HALVES - 1]!;
      }
    }
  },
});
