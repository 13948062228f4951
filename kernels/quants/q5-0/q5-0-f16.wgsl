// Q5_0 as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let line = row * (PAIRS + UNITS);
  let d = f16(half_of(scales[line + unit / 2u], unit));
  return fives32h(quants[row * UNITS + unit], scales[line + PAIRS + unit], 16.0h, d, 0.0h);
}
