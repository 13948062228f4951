// TQ1_0: w = d * (q - 1), with q 0, 1 or 2, 256 values to a superblock
//
// quants: 13 words a superblock as in the file. A byte has five values, as the digits after the point of byte / 256
//   to base 3. Digit n of words 0..7 is unit n; digits 2n and 2n + 1 of words 8..11 are the halves of unit 5 + n,
//   digit 4 is the first half of unit 7; digit n of word 12 is its values 16 + 4n .. 19 + 4n.
// scales: d as f16, two superblocks to a word

@group(0) @binding(0) var<storage, read> quants: array<u32>; // (N, 13 * UNITS / 8)
@group(0) @binding(1) var<storage, read> scales: array<u32>; // (N, UNITS / 16)

override BLOCKS: u32 = UNITS / 8u;
override SCALES: u32 = (BLOCKS + 1u) / 2u;

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let d = vec2<f32>(ternary_scale(row, unit));
  return small32(trits(row, unit), 6u, d, -d);
}

fn ternary_scale(row: u32, unit: u32) -> f32 {
  return half_of(scales[row * SCALES + unit / 16u], unit / 8u);
}

// Word i has the values 4i .. 4i + 3, a byte each
fn trits(row: u32, unit: u32) -> array<u32, 8> {
  let first = (row * BLOCKS + unit / 8u) * 13u;
  let u = unit & 7u;
  return array<u32, 8>(
    trits4(first, u, 0u),
    trits4(first, u, 1u),
    trits4(first, u, 2u),
    trits4(first, u, 3u),
    trits4(first, u, 4u),
    trits4(first, u, 5u),
    trits4(first, u, 6u),
    trits4(first, u, 7u),
  );
}

// Values 4i .. 4i + 3 of unit 0..7
fn trits4(first: u32, unit: u32, i: u32) -> u32 {
  if (unit < 5u) {
    return digits(quants[first + i], unit);
  }
  let digit = 2u * (unit - 5u) + i / 4u;
  if (digit < 5u) {
    return digits(quants[first + 8u + (i & 3u)], digit);
  }
  return digits(quants[first + 12u], i & 3u);
}

// Digit 0..4 of the four bytes of a word: the ones before it are multiplied out of the byte, and three times what
// is left has it before the point
fn digits(word: u32, digit: u32) -> u32 {
  let powers = array<u32, 5>(1u, 3u, 9u, 27u, 81u);
  let left = (((vec4<u32>(word) >> BYTES) & vec4<u32>(255u)) * powers[digit]) & vec4<u32>(255u);
  return join_bytes((left * 3u) >> vec4<u32>(8u));
}
