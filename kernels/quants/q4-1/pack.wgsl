fn quants_word(row: u32, i: u32) -> u32 {
  return word_at(row + i / 4 * 20 + 4 + 4 * (i % 4));
}

fn scales_word(row: u32, i: u32) -> u32 {
  return word_at(row + 20 * i);
}
