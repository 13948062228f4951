// IQ4_XS: w = d * (scale - 32) * table[q], 256 values to a superblock
//
// quants: 16 bytes a unit as in the file: byte i has values i (low nibble) and 16 + i
// scales: two words a superblock: d as f16 and the high 2 bits of the units' scales, the low 4 bits of the scales

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<vec2<u32>>; // (N, UNITS / 8)

fn unit_scale(row: u32, unit: u32) -> f32 {
  let header = scales[row * (UNITS / 8u) + unit / 8u];
  let u = unit & 7u;
  let low = (header.y >> (4u * u)) & 15u;
  let high = (header.x >> (16u + 2u * u)) & 3u;
  return unpack2x16float(header.x).x * (f32(low | (high << 4u)) - 32.0);
}
