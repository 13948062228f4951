// Q4_K as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let scale = vec2<f16>(k_scale(scales[row * (UNITS / 8u) + unit / 8u], unit & 7u));
  return nibbles32h(quants[row * UNITS + unit], 0.0h, scale.x, scale.y);
}
