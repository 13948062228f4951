// MXFP4: w = 2^(e - 127) * q, 32 values to a block
//
// quants: 16 bytes a unit as in the file: byte i has values i (low nibble) and 16 + i
// scales: e, a byte a unit

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, UNITS / 4)

override SCALES: u32 = (UNITS + 3u) / 4u;

// Twice the 16 values, plus 128: 0, 1, 2, 3, 4, 6, 8, 12, and the same below 0
const TABLE = vec4<u32>(0x83828180u, 0x8c888684u, 0x7d7e7f80u, 0x74787a7cu);

// Half of 2^(e - 127). Below the smallest normal number it is 0, as GPUs may have it anyway
fn unit_scale(row: u32, unit: u32) -> f32 {
  let e = (scales[row * SCALES + unit / 4u] >> (8u * (unit & 3u))) & 255u;
  return bitcast<f32>((max(e, 1u) - 1u) << 23u);
}
