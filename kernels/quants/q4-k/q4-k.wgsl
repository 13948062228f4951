// Q4_K: w = d * scale * q - dmin * min, 256 values to a superblock
//
// quants: 16 bytes a unit: byte i has values i (low nibble) and 16 + i
// scales: as k-scales.wgsl has them

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, LINE)

override LINE: u32 = BLOCKS + UNITS / 2u;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let scale = k_scale(row * LINE, unit);
  return nibbles32(quants[row * UNITS + unit], scale.x, scale.y);
}
