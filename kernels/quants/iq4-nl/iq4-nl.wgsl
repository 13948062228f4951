// IQ4_NL: w = d * table[q], 32 values to a block
//
// quants: 16 bytes a unit as in the file: byte i has values i (low nibble) and 16 + i
// scales: d as f16, two units to a word

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, UNITS / 2)

override SCALES: u32 = (UNITS + 1u) / 2u;

fn unit_scale(row: u32, unit: u32) -> f32 {
  return half_of(scales[row * SCALES + unit / 2u], unit);
}
