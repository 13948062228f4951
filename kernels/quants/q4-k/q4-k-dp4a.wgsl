// Q4_K as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let scale = k_scale(row * LINE, unit);
  return nibbles32i(quants[row * UNITS + unit], scale.x, scale.y);
}
