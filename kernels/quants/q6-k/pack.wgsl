fn quants_word(row: u32, i: u32) -> u32 {
  let unit = i / 4 % 8;
  let byte = row + i / 32 * 210 + 64 * (unit / 4) + 32 * (unit % 2) + 4 * (i % 4);
  if (unit % 4 < 2) { return low_nibbles(byte); }
  return high_nibbles(byte);
}

fn scales_word(row: u32, i: u32) -> u32 {
  let blocks = UNITS / 8;
  let pairs = (blocks + 1) / 2;
  if (i < pairs) { return two_halves(row + 208, 210, i, blocks); }
  let scale = i - pairs;
  if (scale < 4 * blocks) { return word_at(row + scale / 4 * 210 + 192 + 4 * (scale % 4)); }
  // The high bits of the first 16 values of every unit, then those of the others
  let half = (scale - 4 * blocks) / UNITS;
  let unit = (scale - 4 * blocks) % UNITS;
  return pairs_of_bits(row + unit / 8 * 210 + 128 + 32 * (unit / 4 % 2) + 16 * half, 2 * (unit % 4));
}
