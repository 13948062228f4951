/** What `k_scales_word` has for a row, in words. */
fn k_scales_words() -> u32 {
  return UNITS / 8 + UNITS / 2;
}

/**
 * Word i of a row's scales and mins as k-scales.wgsl reads them, from superblocks of `stride` bytes, the first at `byte`.
 *
 * In the file d and dmin (f16) are word 0. Units 0..3 have their scales and mins in the low 6 bits of the bytes of words 1
 * (scales) and 2 (mins). Units 4..7 have the low 4 bits in the nibbles of word 3 and the high 2 bits in the high bits of
 * words 1 and 2.
 */
fn k_scales_word(byte: u32, stride: u32, i: u32) -> u32 {
  let blocks = UNITS / 8;
  if (i < blocks) { return word_at(byte + i * stride); }
  // A scale and a min of each of two units
  let pair = i - blocks;
  let block = byte + pair / 4 * stride;
  var scales = word_at(block + 4);
  var mins = word_at(block + 8);
  if (pair % 4 < 2) {
    scales &= 0x3f3f3f3f;
    mins &= 0x3f3f3f3f;
  } else {
    let last = word_at(block + 12);
    scales = (last & 0x0f0f0f0f) | ((scales >> 2) & 0x30303030);
    mins = ((last >> 4) & 0x0f0f0f0f) | ((mins >> 2) & 0x30303030);
  }
  scales >>= 16 * (pair % 2);
  mins >>= 16 * (pair % 2);
  return (scales & 0xff) | ((mins & 0xff) << 8) | ((scales & 0xff00) << 8) | ((mins & 0xff00) << 16);
}
