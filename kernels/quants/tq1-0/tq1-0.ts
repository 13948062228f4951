import { defineFormat } from '../format.ts';
import ternary from '../ternary.wgsl?raw';
import wgslDp4a from '../ternary-dp4a.wgsl?raw';
import wgslF16 from '../ternary-f16.wgsl?raw';
import wgslPack from './pack.wgsl?raw';
import wgsl from './tq1-0.wgsl?raw';

const FILE_HALVES = 27;

/**
 * w = d * (q - 1), with q 0, 1 or 2. A byte has five values, as the digits after the point of byte / 256 to base 3. A
 * block in the file: 32 bytes with values i, 32 + i .. 128 + i, 16 bytes with values 160 + i, 176 + i .. 224 + i, 4 bytes with
 * values 240 + i, 244 + i .. 252 + i, d (f16).
 */
export const tq1_0 = defineFormat({
  name: 'TQ1_0',
  blockValues: 256,
  blockBytes: 2 * FILE_HALVES,
  floats: [{ at: 52, as: 'f16', typical: 0.02 }],
  wgsl: ternary + wgsl,
  wgslF16,
  wgslDp4a,
  wgslPack,
  quantsWords: (units) => (13 * units) / 8,
  scalesWords: (units) => Math.ceil(units / 16),
  pack({ fileHalves, quants, scaleHalves, rows, units }) {
    const blocks = units / 8;
    const rowHalves = 2 * Math.ceil(blocks / 2);
    const quantHalves = new Uint16Array(quants.buffer);
    for (let row = 0, from = 0, to = 0; row < rows; row++) {
      for (let block = 0; block < blocks; block++, from += FILE_HALVES, to += FILE_HALVES - 1) {
        quantHalves.set(fileHalves.subarray(from, from + FILE_HALVES - 1), to);
        scaleHalves[row * rowHalves + block] = fileHalves[from + FILE_HALVES - 1]!;
      }
    }
  },
});
