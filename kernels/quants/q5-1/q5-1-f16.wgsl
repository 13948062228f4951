// Q5_1 as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let line = row * 2u * UNITS + unit;
  let dm = bitcast<vec2<f16>>(scales[line]);
  return fives32h(quants[row * UNITS + unit], scales[line + UNITS], 0.0h, dm.x, dm.y);
}
