fn quants_word(row: u32, i: u32) -> u32 {
  return two_bits_word(row, 66, i);
}

fn scales_word(row: u32, i: u32) -> u32 {
  return two_halves(row + 64, 66, i, UNITS / 8);
}
