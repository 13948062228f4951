fn quants_word(row: u32, i: u32) -> u32 {
  return word_at(row + i / 32 * 136 + 8 + 4 * (i % 32));
}

fn scales_word(row: u32, i: u32) -> u32 {
  return word_at(row + i / 2 * 136 + 4 * (i % 2));
}
