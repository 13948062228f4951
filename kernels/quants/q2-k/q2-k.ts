import { defineFormat } from '../format.ts';
import { packTwoBits, TWO_BITS_WORDS } from '../two-bits.ts';
import twoBits from '../two-bits.wgsl?raw';
import wgslPack from './pack.wgsl?raw';
import wgsl from './q2-k.wgsl?raw';
import wgslF16 from './q2-k-f16.wgsl?raw';

/**
 * w = d * scale * q - dmin * min, with q of 2 bits and a 4 bit scale and min for each 16 of 256 values. A block in
 * the file: 16 bytes with a scale (low nibble) and min each, 64 bytes of values, d, dmin (f16).
 */
export const q2_k = defineFormat({
  name: 'Q2_K',
  blockValues: 256,
  blockBytes: 84,
  floats: [
    { at: 80, as: 'f16', sign: 1, typical: 2 ** -10 },
    { at: 82, as: 'f16', sign: 1, typical: 2 ** -10 },
  ],
  wgsl: twoBits + wgsl,
  wgslF16,
  wgslPack,
  quantsWords: (units) => 2 * units,
  scalesWords: (units) => units / 8 + units / 2,
  pack({ fileWords: file, quants, scales, rows, units }) {
    const blocks = units / 8;
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      const ds = row * 5 * blocks;
      const unitScales = ds + blocks;
      for (let block = 0; block < blocks; block++, to += 16) {
        for (let i = 0; i < 4; i++) scales[unitScales + 4 * block + i] = file[from++]!;
        packTwoBits(file, from, quants, to);
        from += TWO_BITS_WORDS;
        scales[ds + block] = file[from++]!;
      }
    }
  },
});
