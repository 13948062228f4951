// Q4_1 as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let at = row * UNITS + unit;
  let dm = bitcast<vec2<f16>>(scales[at]);
  return nibbles32h(quants[at], 0.0h, dm.x, dm.y);
}
