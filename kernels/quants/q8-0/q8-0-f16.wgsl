// Q8_0 as f16

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let first = row * 2u * UNITS + unit;
  let a = quants[first] ^ vec4<u32>(0x80808080u);
  let b = quants[first + UNITS] ^ vec4<u32>(0x80808080u);
  let d = f16(half_of(scales[row * SCALES + unit / 2u], unit));
  return array<vec4<f16>, 8>(
    bytes4h(a.x, 128.0h, d, 0.0h), bytes4h(a.y, 128.0h, d, 0.0h),
    bytes4h(a.z, 128.0h, d, 0.0h), bytes4h(a.w, 128.0h, d, 0.0h),
    bytes4h(b.x, 128.0h, d, 0.0h), bytes4h(b.y, 128.0h, d, 0.0h),
    bytes4h(b.z, 128.0h, d, 0.0h), bytes4h(b.w, 128.0h, d, 0.0h),
  );
}
