// Types whose units are PLANES times 16 bytes: part i of each unit goes to plane i of the row, so that threads that read
// neighbouring units read neighbouring 16 bytes.

fn quants_word(row: u32, i: u32) -> u32 {
  let plane = i / (4 * UNITS);
  let unit = i / 4 % UNITS;
  let byte = 16 * (PLANES * unit + plane) + 4 * (i % 4);
  if (byte >= ROW_BYTES) { return 0; }
  return word_at(row + byte);
}

fn scales_word(row: u32, i: u32) -> u32 {
  return 0;
}
