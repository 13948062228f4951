fn quants_word(row: u32, i: u32) -> u32 {
  return two_bits_word(row + 32, 110, i);
}

fn scales_word(row: u32, i: u32) -> u32 {
  let blocks = UNITS / 8;
  let pairs = (blocks + 1) / 2;
  if (i < pairs) { return two_halves(row + 108, 110, i, blocks); }
  let sixth = i - pairs;
  if (sixth < 3 * blocks) { return word_at(row + sixth / 3 * 110 + 96 + 4 * (sixth % 3)); }
  let unit = sixth - 3 * blocks;
  return bits_of(row + unit / 8 * 110, unit % 8);
}
