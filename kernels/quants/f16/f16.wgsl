// F16
//
// quants: plane i of a row has the values 8i .. 8i + 7 of each unit

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, 4, UNITS)

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let first = row * 4u * UNITS + unit;
  let a = quants[first];
  let b = quants[first + UNITS];
  let c = quants[first + 2u * UNITS];
  let d = quants[first + 3u * UNITS];
  return array<vec4<f32>, 8>(
    halves4(a.xy), halves4(a.zw), halves4(b.xy), halves4(b.zw),
    halves4(c.xy), halves4(c.zw), halves4(d.xy), halves4(d.zw),
  );
}

fn halves4(words: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}
