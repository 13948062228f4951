// Q2_K: w = d * scale * q - dmin * min, 256 values to a superblock
//
// quants: two-bits.wgsl
// scales: a row has
//   d and dmin as f16, a word a superblock,
//   for values 0..15 and 16..31 of each unit a byte with scale (low nibble) and min, two units to a word

@group(0) @binding(0) var<storage, read> quants: array<vec2<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, LINE)

override BLOCKS: u32 = UNITS / 8u;
override LINE: u32 = BLOCKS + UNITS / 2u;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let s = two_bit_scales(row, unit);
  return small32(two_bits(quants[row * UNITS + unit]), 6u, s.xz, s.yw);
}

// Scale and offset of values 0..15, then of 16..31
fn two_bit_scales(row: u32, unit: u32) -> vec4<f32> {
  let d = unpack2x16float(scales[row * LINE + unit / 8u]) * vec2<f32>(1.0, -1.0);
  let word = scales[row * LINE + BLOCKS + unit / 2u] >> (16u * (unit & 1u));
  let nibbles = (vec4<u32>(word) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u);
  return d.xyxy * vec4<f32>(nibbles);
}
