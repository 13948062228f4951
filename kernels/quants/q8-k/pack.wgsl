fn quants_word(row: u32, i: u32) -> u32 {
  let plane = i / (4 * UNITS);
  let unit = i / 4 % UNITS;
  return word_at(row + unit / 8 * 292 + 4 + 32 * (unit % 8) + 16 * plane + 4 * (i % 4));
}

fn scales_word(row: u32, i: u32) -> u32 {
  return word_at(row + 292 * i);
}
