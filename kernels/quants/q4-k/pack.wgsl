fn quants_word(row: u32, i: u32) -> u32 {
  let pair = row + i / 32 * 144 + 16 + 32 * (i / 8 % 4) + 4 * (i % 4);
  if (i / 4 % 2 == 0) { return low_nibbles(pair); }
  return high_nibbles(pair);
}

fn scales_word(row: u32, i: u32) -> u32 {
  return k_scales_word(row, 144, i);
}
