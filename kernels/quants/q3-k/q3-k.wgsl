// Q3_K: w = d * (scale - 32) * (q - 4), 256 values to a superblock
//
// quants: low 2 bits, two-bits.wgsl
// scales: a row has
//   d as f16, two superblocks to a word,
//   16 scales of 6 bits in three words a superblock, two for a unit: the low 4 bits of scales 0..7 in the low
//   nibbles of the bytes of words 0 and 1, of 8..15 in the high ones, the high 2 bits of scale i from bit
//   8 (i % 4) + 2 (i / 4) of word 2 on,
//   the third bits, a word a unit: bit 8b + i belongs to value 4i + b

@group(0) @binding(0) var<storage, read> quants: array<vec2<u32>>; // (N, UNITS)
@group(0) @binding(1) var<storage, read> scales: array<u32>;       // (N, LINE)

override BLOCKS: u32 = UNITS / 8u;
override DS: u32 = (BLOCKS + 1u) / 2u;
override LINE: u32 = DS + 3u * BLOCKS + UNITS;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let s = three_bit_scales(row, unit);
  return small32(three_bits(row, unit), 5u, s, -4.0 * s);
}

// Scales of values 0..15 and 16..31
fn three_bit_scales(row: u32, unit: u32) -> vec2<f32> {
  let d = half_of(scales[row * LINE + unit / 16u], unit / 8u);
  let words = row * LINE + DS + 3u * (unit / 8u);
  let u = unit & 7u;
  let low = scales[words + ((u >> 1u) & 1u)] >> (16u * (u & 1u) + 4u * (u >> 2u));
  let high = scales[words + 2u] >> (16u * (u & 1u) + 2u * (u >> 1u));
  let s = (vec2<u32>(low, low >> 8u) & vec2<u32>(15u)) | ((vec2<u32>(high, high >> 8u) & vec2<u32>(3u)) << vec2<u32>(4u));
  return d * (vec2<f32>(s) - 32.0);
}

// Word i has the values 4i .. 4i + 3, a byte each
fn three_bits(row: u32, unit: u32) -> array<u32, 8> {
  let low = two_bits(quants[row * UNITS + unit]);
  let high = scales[row * LINE + DS + 3u * BLOCKS + unit];
  return array<u32, 8>(
    low[0] | ((high << 2u) & 0x04040404u),
    low[1] | ((high << 1u) & 0x04040404u),
    low[2] | (high & 0x04040404u),
    low[3] | ((high >> 1u) & 0x04040404u),
    low[4] | ((high >> 2u) & 0x04040404u),
    low[5] | ((high >> 3u) & 0x04040404u),
    low[6] | ((high >> 4u) & 0x04040404u),
    low[7] | ((high >> 5u) & 0x04040404u),
  );
}
