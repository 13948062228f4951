import { pairsOfBits } from './bit-planes.ts';

/** Words of a superblock's 2 bit integers, in the file and on the GPU. */
export const TWO_BITS_WORDS = 16;

/**
 * Packs the 2 bit integers of 256 values for two-bits.wgsl. In the file byte i of each 32 has those of value i of
 * four units, the first in its lowest bits.
 */
export function packTwoBits(file: Uint32Array, from: number, quants: Uint32Array, to: number): void {
  for (let unit = 0; unit < 8; unit++) {
    const at = from + 8 * Math.floor(unit / 4);
    const shift = 2 * (unit % 4);
    quants[to + 2 * unit] = pairsOfBits(file, at, shift);
    quants[to + 2 * unit + 1] = pairsOfBits(file, at + 4, shift);
  }
}
