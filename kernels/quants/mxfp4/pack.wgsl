fn quants_word(row: u32, i: u32) -> u32 {
  return word_at(row + i / 4 * 17 + 1 + 4 * (i % 4));
}

fn scales_word(row: u32, i: u32) -> u32 {
  var word = 0u;
  for (var unit = 4 * i; unit < min(4 * i + 4, UNITS); unit++) {
    word |= (word_at(row + 17 * unit) & 0xff) << (8 * (unit % 4));
  }
  return word;
}
