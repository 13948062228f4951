/** Words that the scales of a row of Q4_K or Q5_K take: k-scales.wgsl says how they lie. */
export function kScalesWords(units: number): number {
  return units / 8 + units / 2;
}

/**
 * A superblock's d and dmin (f16), scales and mins, from four words of the file to where `k_scale` finds them: `row` is where
 * the row of `units` begins, `block` the superblock's place in it.
 *
 * In the file units 0..3 have theirs in the low 6 bits of the bytes of words 1 (scales) and 2 (mins). Units 4..7
 * have the low 4 bits in the nibbles of word 3 and the high 2 bits in the high bits of words 1 and 2.
 */
export function packKScales(
  file: Uint32Array,
  from: number,
  scales: Uint32Array,
  row: number,
  units: number,
  block: number,
): void {
  const [scaleBits, minBits, last] = [file[from + 1]!, file[from + 2]!, file[from + 3]!];
  const to = row + units / 8 + 4 * block;
  scales[row + block] = file[from]!;
  packPairs(scaleBits & 0x3f3f3f3f, minBits & 0x3f3f3f3f, scales, to);
  const lastScales = (last & 0x0f0f0f0f) | ((scaleBits >>> 2) & 0x30303030);
  const lastMins = ((last >>> 4) & 0x0f0f0f0f) | ((minBits >>> 2) & 0x30303030);
  packPairs(lastScales, lastMins, scales, to + 2);
}

/** Bytes of two words in turn. */
function packPairs(a: number, b: number, words: Uint32Array, to: number): void {
  words[to] = (a & 0xff) | ((b & 0xff) << 8) | ((a & 0xff00) << 8) | ((b & 0xff00) << 16);
  words[to + 1] = ((a >>> 16) & 0xff) | ((b >>> 8) & 0xff00) | ((a >>> 8) & 0xff0000) | (b & 0xff000000);
}
