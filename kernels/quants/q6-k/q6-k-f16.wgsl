// Q6_K as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  return bytes32h(six_bits(row, unit), 32.0h, vec2<f16>(six_bit_scales(row, unit)), vec2<f16>());
}
