// TQ1_0: ternary.wgsl with five values to a byte, as the digits after the point of byte / 256 to base 3
//
// quants: 13 words a superblock as in the file. Digit n of words 0..7 is unit n; digits 2n and 2n + 1 of words 8..11
//   are the halves of unit 5 + n, digit 4 is the first half of unit 7; digit n of word 12 is its values 16 + 4n ..
//   19 + 4n.

@group(0) @binding(0) var<storage, read> quants: array<u32>; // (N, 13 * UNITS / 8)

override BLOCKS: u32 = UNITS / 8u;

fn trits(row: u32, unit: u32) -> array<u32, 8> {
  let first = (row * BLOCKS + unit / 8u) * 13u;
  let a = trits16(first, unit & 7u, 0u);
  let b = trits16(first, unit & 7u, 1u);
  return array<u32, 8>(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w);
}

// Values 0..15 or 16..31 of unit 0..7
fn trits16(first: u32, unit: u32, half: u32) -> vec4<u32> {
  let is_wide = unit < 5u;
  let is_last = unit == 7u && half == 1u;
  let at = first + select(select(8u, 4u * half, is_wide), 12u, is_last);
  let step = select(1u, 0u, is_last);
  let digit = select(2u * (unit - 5u) + half, unit, is_wide);
  let powers = array<u32, 6>(1u, 3u, 9u, 27u, 81u, 0u);
  let power = select(vec4<u32>(powers[digit]), vec4<u32>(1u, 3u, 9u, 27u), is_last);
  return vec4<u32>(
    digits(quants[at], power.x),
    digits(quants[at + step], power.y),
    digits(quants[at + 2u * step], power.z),
    digits(quants[at + 3u * step], power.w),
  );
}

// A digit of the four bytes of a word, by the power of 3 that multiplies the ones before it out of the byte. Three
// times what is left has the digit before the point
fn digits(word: u32, power: u32) -> u32 {
  let left = (((vec4<u32>(word) >> BYTES) & vec4<u32>(255u)) * power) & vec4<u32>(255u);
  return join_bytes((left * 3u) >> vec4<u32>(8u));
}
