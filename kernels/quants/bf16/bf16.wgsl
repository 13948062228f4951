// BF16: the upper 16 bits of an f32
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
    brains4(a.xy), brains4(a.zw), brains4(b.xy), brains4(b.zw),
    brains4(c.xy), brains4(c.zw), brains4(d.xy), brains4(d.zw),
  );
}

fn brains4(words: vec2<u32>) -> vec4<f32> {
  let low = words << vec2<u32>(16u);
  let high = words & vec2<u32>(0xffff0000u);
  return bitcast<vec4<f32>>(vec4<u32>(low.x, high.x, low.y, high.y));
}
