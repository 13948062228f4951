// Tables (look-up.wgsl) as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let s = vec2<f16>(f16(unit_scale(row, unit)));
  return bytes32h(look_up32(quants[row * UNITS + unit]), 128.0h, s, vec2<f16>());
}
