fn quants_word(row: u32, i: u32) -> u32 {
  return two_bits_word(row + 16, 84, i);
}

fn scales_word(row: u32, i: u32) -> u32 {
  let blocks = UNITS / 8;
  if (i < blocks) { return word_at(row + 84 * i + 80); }
  let scale = i - blocks;
  return word_at(row + scale / 4 * 84 + 4 * (scale % 4));
}
