// Q4_0 as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let d = f16(half_of(scales[row * SCALES + unit / 2u], unit));
  return nibbles32h(quants[row * UNITS + unit], 8.0h, d, 0.0h);
}
