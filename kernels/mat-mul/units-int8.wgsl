// x in int8, as f16: a unit, each four values in the order of `load32h`; zeros past the row's end

fn x_unit(m: u32, unit: u32) -> array<vec4<f16>, 8> {
  let values = inputs(m, min(unit, UNITS - 1u));
  let d = select(0.0h, f16(values.d), unit < UNITS);
  return array<vec4<f16>, 8>(
    signed4h(values.low.x, d),
    signed4h(values.low.y, d),
    signed4h(values.low.z, d),
    signed4h(values.low.w, d),
    signed4h(values.high.x, d),
    signed4h(values.high.y, d),
    signed4h(values.high.z, d),
    signed4h(values.high.w, d),
  );
}

// With its sign bit turned over, a byte is 128 more
fn signed4h(word: u32, scale: f16) -> vec4<f16> {
  return bytes4h(word ^ 0x80808080u, 128.0h, scale, 0.0h);
}
