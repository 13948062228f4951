// Q6_K: w = d * scale * (q - 32), 256 values to a superblock
//
// quants: low 4 bits, 16 bytes a unit: byte i has values i (low nibble) and 16 + i
// scales: a row has
//   d as f16, two superblocks to a word,
//   the signed 8 bit scales of values 0..15 and 16..31 of each unit, two units to a word,
//   the high 2 bits of values 0..15 of each unit, then those of values 16..31, a word a unit each: bits
//   8b + 2i and the next of a word belong to its value 4i + b

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, LINE)

override DS: u32 = (UNITS + 15u) / 16u;
override LINE: u32 = DS + UNITS / 2u + 2u * UNITS;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let s = six_bit_scales(row, unit);
  return bytes32(six_bits(row, unit), s, -32.0 * s);
}

// Scales of values 0..15 and 16..31
fn six_bit_scales(row: u32, unit: u32) -> vec2<f32> {
  let d = half_of(scales[row * LINE + unit / 16u], unit / 8u);
  let word = bitcast<i32>(scales[row * LINE + DS + unit / 2u] << (16u * (1u - (unit & 1u))));
  return d * vec2<f32>(f32((word << 8u) >> 24u), f32(word >> 24u));
}

// Word i has the values 4i .. 4i + 3, a byte each
fn six_bits(row: u32, unit: u32) -> array<u32, 8> {
  let q = quants[row * UNITS + unit];
  let low4 = q & vec4<u32>(0x0f0f0f0fu);
  let high4 = (q >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu);
  let bits = row * LINE + DS + UNITS / 2u + unit;
  let a = scales[bits];
  let b = scales[bits + UNITS];
  return array<u32, 8>(
    low4.x | ((a << 4u) & 0x30303030u),
    low4.y | ((a << 2u) & 0x30303030u),
    low4.z | (a & 0x30303030u),
    low4.w | ((a >> 2u) & 0x30303030u),
    high4.x | ((b << 4u) & 0x30303030u),
    high4.y | ((b << 2u) & 0x30303030u),
    high4.z | (b & 0x30303030u),
    high4.w | ((b >> 2u) & 0x30303030u),
  );
}
