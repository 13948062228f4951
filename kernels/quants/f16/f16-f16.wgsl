// F16 as it is

fn load32h(row: u32, unit: u32) -> array<vec4<f16>, 8> {
  let first = row * 4u * UNITS + unit;
  let a = quants[first];
  let b = quants[first + UNITS];
  let c = quants[first + 2u * UNITS];
  let d = quants[first + 3u * UNITS];
  return array<vec4<f16>, 8>(
    halves4h(a.xy), halves4h(a.zw), halves4h(b.xy), halves4h(b.zw),
    halves4h(c.xy), halves4h(c.zw), halves4h(d.xy), halves4h(d.zw),
  );
}

fn halves4h(words: vec2<u32>) -> vec4<f16> {
  return bitcast<vec4<f16>>(words).xzyw;
}
