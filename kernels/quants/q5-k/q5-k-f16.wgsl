// Q5_K as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let line = row * 3u * BLOCKS;
  let scale = vec2<f16>(k_scale(scales[line + unit / 8u], unit & 7u));
  let high = scales[line + BLOCKS + unit / 4u][unit & 3u];
  return fives32h(quants[row * UNITS + unit], high, 0.0h, scale.x, scale.y);
}
