// Q5_K: w = d * scale * q - dmin * min, 256 values to a superblock
//
// quants: low 4 bits, 16 bytes a unit: byte i has values i (low nibble) and 16 + i
// scales: a row has the superblocks' headers (k-scales.wgsl), then the fifth bits (`fives32`), a word a unit

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<vec4<u32>>; // (N, UNITS / 8 + UNITS / 4)

override BLOCKS: u32 = UNITS / 8u;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let line = row * 3u * BLOCKS;
  let scale = k_scale(scales[line + unit / 8u], unit & 7u);
  let high = scales[line + BLOCKS + unit / 4u][unit & 3u];
  return fives32(quants[row * UNITS + unit], high, scale.x, scale.y);
}
