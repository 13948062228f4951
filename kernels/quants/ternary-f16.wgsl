// Ternary types as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let d = vec2<f16>(f16(ternary_scale(row, unit)));
  return bytes32h(trits(row, unit), 1.0h, d, vec2<f16>());
}
