// Q4_0 as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let d = half_of(scales[row * SCALES + unit / 2u], unit);
  return nibbles32i(quants[row * UNITS + unit], d, -8.0 * d);
}
