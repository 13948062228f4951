// Q4_K as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let scale = vec2<f16>(k_scale(row * LINE, unit));
  return nibbles32h(quants[row * UNITS + unit], 0.0h, scale.x, scale.y);
}
