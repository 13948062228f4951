fn quants_word(row: u32, i: u32) -> u32 {
  return word_at(row + i / 13 * 54 + 4 * (i % 13));
}

fn scales_word(row: u32, i: u32) -> u32 {
  return two_halves(row + 52, 54, i, UNITS / 8);
}
