fn quants_word(row: u32, i: u32) -> u32 {
  return word_at(row + i / 4 * 22 + 6 + 4 * (i % 4));
}

fn scales_word(row: u32, i: u32) -> u32 {
  let pairs = (UNITS + 1) / 2;
  if (i < pairs) { return two_halves(row, 22, i, UNITS); }
  return fifth_bits(word_at(row + 22 * (i - pairs) + 2));
}
