// Q5_0: w = d * (q - 16), 32 values to a block
//
// quants: low 4 bits as in the file: byte i has values i (low nibble) and 16 + i
// scales: a row has d as f16, two units to a word, then the fifth bits (`fives32`), a word a unit

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, PAIRS + UNITS)

override PAIRS: u32 = (UNITS + 1u) / 2u;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let line = row * (PAIRS + UNITS);
  let d = half_of(scales[line + unit / 2u], unit);
  return fives32(quants[row * UNITS + unit], scales[line + PAIRS + unit], d, -16.0 * d);
}
