// Q4_1: w = d * q + m, 32 values to a block
//
// quants: 16 bytes a unit as in the file: byte i has values i (low nibble) and 16 + i
// scales: d and m as f16, a word a unit

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, UNITS)

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let at = row * UNITS + unit;
  let dm = unpack2x16float(scales[at]);
  return nibbles32(quants[at], dm.x, dm.y);
}
