// Q6_K as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let words = six_bits(row, unit);
  let s = vec2<f16>(six_bit_scales(row, unit));
  return array<vec4<f16>, 8>(
    bytes4h(words[0], 32.0h, s.x, 0.0h),
    bytes4h(words[1], 32.0h, s.x, 0.0h),
    bytes4h(words[2], 32.0h, s.x, 0.0h),
    bytes4h(words[3], 32.0h, s.x, 0.0h),
    bytes4h(words[4], 32.0h, s.y, 0.0h),
    bytes4h(words[5], 32.0h, s.y, 0.0h),
    bytes4h(words[6], 32.0h, s.y, 0.0h),
    bytes4h(words[7], 32.0h, s.y, 0.0h),
  );
}
