// Ternary types: w = d * (q - 1), with q 0, 1 or 2, 256 values to a superblock
//
// The type declares `trits`, of which word i has the values 4i .. 4i + 3 of a unit, a byte each.
// scales: d as f16, two superblocks to a word

@group(0) @binding(1) var<storage, read> scales: array<u32>; // (N, UNITS / 16)

override SCALES: u32 = (UNITS + 15u) / 16u;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let d = vec2<f32>(ternary_scale(row, unit));
  return small32(trits(row, unit), 6u, d, -d);
}

fn ternary_scale(row: u32, unit: u32) -> f32 {
  return half_of(scales[row * SCALES + unit / 16u], unit / 8u);
}

