import type { Batch } from './format.ts';

/** Packs blocks of 18 bytes, an f16 and 16 bytes of a unit's nibbles: the f16s two to a word, the nibbles as they are. */
export function packNibbles({ fileHalves: file, quants, scaleHalves, rows, units }: Batch): void {
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
}
