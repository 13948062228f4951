// Blocks of 18 bytes, an f16 and 16 bytes of a unit's nibbles: the f16s two to a word, the nibbles as they are.

fn quants_word(row: u32, i: u32) -> u32 {
  return word_at(row + i / 4 * 18 + 2 + 4 * (i % 4));
}

fn scales_word(row: u32, i: u32) -> u32 {
  return two_halves(row, 18, i, UNITS);
}
