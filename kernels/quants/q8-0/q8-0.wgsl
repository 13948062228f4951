// Q8_0: w = d * q, 32 values to a block
//
// quants: signed bytes; plane 0 of a row has the values 0..15 of each unit, plane 1 16..31
// scales: d as f16, two units to a word

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, 2, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, UNITS / 2)

override SCALES: u32 = (UNITS + 1u) / 2u;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let first = row * 2u * UNITS + unit;
  // Turning the sign bit over adds 128, which the offset takes away
  let a = quants[first] ^ vec4<u32>(0x80808080u);
  let b = quants[first + UNITS] ^ vec4<u32>(0x80808080u);
  let d = half_of(scales[row * SCALES + unit / 2u], unit);
  let zero = -128.0 * d;
  return array<vec4<f32>, 8>(
    bytes4(a.x, d, zero), bytes4(a.y, d, zero), bytes4(a.z, d, zero), bytes4(a.w, d, zero),
    bytes4(b.x, d, zero), bytes4(b.y, d, zero), bytes4(b.z, d, zero), bytes4(b.w, d, zero),
  );
}
