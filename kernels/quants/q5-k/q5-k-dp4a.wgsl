// Q5_K as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let line = row * 3u * BLOCKS;
  let scale = k_scale(scales[line + unit / 8u], unit & 7u);
  let high = scales[line + BLOCKS + unit / 4u][unit & 3u];
  return fives32i(quants[row * UNITS + unit], high, scale.x, scale.y);
}
