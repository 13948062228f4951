// Q2_K as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let s = vec4<f16>(two_bit_scales(row, unit));
  return bytes32h(two_bits(quants[row * UNITS + unit]), 0.0h, s.xz, s.yw);
}
