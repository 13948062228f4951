// Q5_1: w = d * q + m, 32 values to a block
//
// quants: low 4 bits as in the file: byte i has values i (low nibble) and 16 + i
// scales: a row has d and m as f16, a word a unit, then the fifth bits (`fives32`), a word a unit

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, 2, UNITS)

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let line = row * 2u * UNITS + unit;
  let dm = unpack2x16float(scales[line]);
  return fives32(quants[row * UNITS + unit], scales[line + UNITS], dm.x, dm.y);
}
