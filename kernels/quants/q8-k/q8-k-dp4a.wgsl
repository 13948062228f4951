// Q8_K as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let first = row * 2u * UNITS + unit;
  return Integers(quants[first], quants[first + UNITS], vec2<f32>(scales[row * (UNITS / 8u) + unit / 8u]), 0.0);
}
