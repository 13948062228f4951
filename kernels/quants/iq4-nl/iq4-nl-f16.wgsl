// IQ4_NL as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let d = vec2<f16>(f16(iq4_scale(row, unit)));
  return bytes32h(look_up32(quants[row * UNITS + unit]), 128.0h, d, vec2<f16>());
}
