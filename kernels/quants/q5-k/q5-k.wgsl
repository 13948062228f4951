// Q5_K: w = d * scale * q - dmin * min, 256 values to a superblock
//
// quants: low 4 bits, 16 bytes a unit: byte i has values i (low nibble) and 16 + i
// scales: a row has what k-scales.wgsl says, then the fifth bits (`fives32`), a word a unit

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, LINE)

override HIGHS: u32 = BLOCKS + UNITS / 2u;
override LINE: u32 = HIGHS + UNITS;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let line = row * LINE;
  let scale = k_scale(line, unit);
  let high = scales[line + HIGHS + unit];
  return fives32(quants[row * UNITS + unit], high, scale.x, scale.y);
}
