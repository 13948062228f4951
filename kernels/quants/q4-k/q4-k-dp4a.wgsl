// Q4_K as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let scale = k_scale(scales[row * (UNITS / 8u) + unit / 8u], unit & 7u);
  return nibbles32i(quants[row * UNITS + unit], scale.x, scale.y);
}
