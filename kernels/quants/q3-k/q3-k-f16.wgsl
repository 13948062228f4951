// Q3_K as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  return bytes32h(three_bits(row, unit), 4.0h, vec2<f16>(three_bit_scales(row, unit)), vec2<f16>());
}
