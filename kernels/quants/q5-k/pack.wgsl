fn quants_word(row: u32, i: u32) -> u32 {
  let pair = row + i / 32 * 176 + 48 + 32 * (i / 8 % 4) + 4 * (i % 4);
  if (i / 4 % 2 == 0) { return low_nibbles(pair); }
  return high_nibbles(pair);
}

fn scales_word(row: u32, i: u32) -> u32 {
  if (i < k_scales_words()) { return k_scales_word(row, 176, i); }
  let unit = i - k_scales_words();
  return bits_of(row + unit / 8 * 176 + 16, unit % 8);
}
