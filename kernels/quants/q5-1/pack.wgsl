fn quants_word(row: u32, i: u32) -> u32 {
  return word_at(row + i / 4 * 24 + 8 + 4 * (i % 4));
}

fn scales_word(row: u32, i: u32) -> u32 {
  if (i < UNITS) { return word_at(row + 24 * i); }
  return fifth_bits(word_at(row + 24 * (i - UNITS) + 4));
}
