// TQ2_0: ternary.wgsl with q of 2 bits
//
// quants: two-bits.wgsl

@group(0) @binding(0) var<storage, read> quants: array<vec2<u32>>; // (N, UNITS)

fn trits(row: u32, unit: u32) -> array<u32, 8> {
  return two_bits(quants[row * UNITS + unit]);
}
