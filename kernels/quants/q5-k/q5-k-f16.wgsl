// Q5_K as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let line = row * LINE;
  let scale = vec2<f16>(k_scale(line, unit));
  let high = scales[line + HIGHS + unit];
  return fives32h(quants[row * UNITS + unit], high, 0.0h, scale.x, scale.y);
}
