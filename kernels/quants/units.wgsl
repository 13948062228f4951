// Weights: N rows of K values, read in units of 32. Values past K in the last unit are 0.

override K: u32;
override UNITS: u32 = (K + 31u) / 32u;

// One of the two f16 in a word
fn half_of(word: u32, index: u32) -> f32 {
  return unpack2x16float(word >> (16u * (index & 1u))).x;
}
