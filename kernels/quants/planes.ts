import type { Batch } from './format.ts';

/**
 * Packs rows whose units are larger than 16 bytes: part i of each unit goes to plane i of the row, so that
 * threads that read neighbouring units read neighbouring 16 bytes. `rowWords` is what a row has in the file.
 */
export function packPlanes(
  { fileWords, quants, rows, units }: Batch,
  planes: number,
  rowWords: number,
): void {
  const plane = 4 * units;
  for (let row = 0, from = 0; row < rows; row++) {
    const rowStart = row * planes * plane;
    const end = from + rowWords;
    for (let part = 0; from + 4 <= end; part++, from += 4) {
      const to = rowStart + (part % planes) * plane + 4 * Math.floor(part / planes);
      quants[to] = fileWords[from]!;
      quants[to + 1] = fileWords[from + 1]!;
      quants[to + 2] = fileWords[from + 2]!;
      quants[to + 3] = fileWords[from + 3]!;
    }

    // A row of 16 bit values may end within 16 bytes
    const part = (rowWords - (end - from)) / 4;
    const to = rowStart + (part % planes) * plane + 4 * Math.floor(part / planes);
    for (let i = 0; from < end; i++, from++) quants[to + i] = fileWords[from]!;
  }
}
