import { defineFormat } from '../format.ts';
import lookUp from '../look-up.wgsl?raw';
import wgslDp4a from '../look-up-dp4a.wgsl?raw';
import wgslPack from './pack.wgsl?raw';
import wgsl from './mxfp4.wgsl?raw';

const FILE_BYTES = 17;

/**
 * w = 2^(e - 127) * q, with q a float of 4 bits (E2M1: a sign, 0, 0.5, 1, 1.5, 2, 3, 4, 6). A block in the file: e (a byte),
 * 16 bytes with values i and 16 + i. Open Compute Project, Microscaling Formats 1.0.
 */
export const mxfp4 = defineFormat({
  name: 'MXFP4',
  blockValues: 32,
  blockBytes: FILE_BYTES,
  floats: [{ at: 0, as: 'e8m0', typical: 2 ** -7 }],
  wgsl: lookUp + wgsl,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => 4 * units,
  scalesWords: (units) => Math.ceil(units / 4),
  pack({ fileBytes: file, quants, scales, rows, units }) {
    const quantBytes = new Uint8Array(quants.buffer);
    const exponents = new Uint8Array(scales.buffer);
    const rowExponents = 4 * Math.ceil(units / 4);
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      for (let unit = 0; unit < units; unit++, from += FILE_BYTES, to += 16) {
        exponents[row * rowExponents + unit] = file[from]!;
        quantBytes.set(file.subarray(from + 1, from + FILE_BYTES), to);
      }
    }
  },
});
