// Q8_0 as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let first = row * 2u * UNITS + unit;
  let d = half_of(scales[row * SCALES + unit / 2u], unit);
  return Integers(quants[first], quants[first + UNITS], vec2<f32>(d), 0.0);
}
