// Q8_K: w = d * q, 256 values to a superblock
//
// quants: signed bytes; plane 0 of a row has the values 0..15 of each unit, plane 1 16..31
// scales: d, a superblock each

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, 2, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<f32>;       // (N, UNITS / 8)

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let first = row * 2u * UNITS + unit;
  // Turning the sign bit over adds 128, which the offset takes away
  let a = quants[first] ^ vec4<u32>(0x80808080u);
  let b = quants[first + UNITS] ^ vec4<u32>(0x80808080u);
  let d = vec2<f32>(scales[row * (UNITS / 8u) + unit / 8u]);
  return bytes32(array<u32, 8>(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w), d, -128.0 * d);
}
