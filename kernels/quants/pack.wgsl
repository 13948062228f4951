// Rows of a file in the GPU's layout: the same bits in another order. Each word of the two streams is put together from
// the file's bytes by its type's `quants_word(row, i)` and `scales_word(row, i)`: word i of the row that begins at byte
// `row` of the file.
//
// A thread to each word that is written. What is left of a unit after the end of a row is zeros.

/** What a row takes in the file, in bytes, and in the two streams, in words. */
override ROW_BYTES: u32;
override QUANTS_WORDS: u32;
override SCALES_WORDS: u32;
/** Of 32 values, in a row. */
override UNITS: u32;

/** How many rows there are, which of the matrix's is the first, two words of nothing; then the rows' bytes. */
@group(0) @binding(0) var<storage, read> file: array<u32>;
@group(0) @binding(1) var<storage, read_write> quants: array<u32>;  // (rows of the matrix, QUANTS_WORDS)
@group(0) @binding(2) var<storage, read_write> scales: array<u32>;  // (rows of the matrix, SCALES_WORDS)

const HEAD_WORDS = 4u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let words = QUANTS_WORDS + SCALES_WORDS;
  let at = id.y * groups.x * 64 + id.x;
  let row = at / words;
  if (row >= file[0]) { return; }
  let i = at % words;
  let to = file[1] + row;
  if (i < QUANTS_WORDS) {
    quants[to * QUANTS_WORDS + i] = quants_word(row * ROW_BYTES, i);
  } else {
    scales[to * SCALES_WORDS + i - QUANTS_WORDS] = scales_word(row * ROW_BYTES, i - QUANTS_WORDS);
  }
}

/** Blocks begin at any byte. */
fn word_at(byte: u32) -> u32 {
  let word = HEAD_WORDS + byte / 4;
  let shift = 8 * (byte % 4);
  // In two steps, since shifting by 32 is not defined
  return (file[word] >> shift) | ((file[word + 1] << 1) << (31 - shift));
}

fn half_at(byte: u32) -> u32 {
  return word_at(byte) & 0xffff;
}

/** Word i of halves that lie `stride` bytes apart, the first at `byte`, `count` of them in a row. */
fn two_halves(byte: u32, stride: u32, i: u32, count: u32) -> u32 {
  let first = half_at(byte + 2 * i * stride);
  if (2 * i + 1 >= count) { return first; }
  return first | (half_at(byte + (2 * i + 1) * stride) << 16);
}

/**
 * K-quants have two units' nibbles in 32 bytes: byte i has value i of one unit in its low nibble and value i of another
 * in its high one. Of the four bytes at `byte`, and the four that are 16 further on, these make a word of one unit as the
 * kernels read it: byte i has values i and 16 + i.
 */
fn low_nibbles(byte: u32) -> u32 {
  return (word_at(byte) & 0x0f0f0f0f) | ((word_at(byte + 16) & 0x0f0f0f0f) << 4);
}

fn high_nibbles(byte: u32) -> u32 {
  return ((word_at(byte) >> 4) & 0x0f0f0f0f) | (word_at(byte + 16) & 0xf0f0f0f0);
}

/** Bit `shift` of 32 bytes in one word: that of byte 4i + b at bit 8b + i. */
fn bits_of(byte: u32, shift: u32) -> u32 {
  var word = 0u;
  for (var i = 0u; i < 8; i++) { word |= ((word_at(byte + 4 * i) >> shift) & 0x01010101) << i; }
  return word;
}

/** Bits `shift` and `shift + 1` of 16 bytes in one word: those of byte 4i + b at bit 8b + 2i. */
fn pairs_of_bits(byte: u32, shift: u32) -> u32 {
  var word = 0u;
  for (var i = 0u; i < 4; i++) { word |= ((word_at(byte + 4 * i) >> shift) & 0x03030303) << (2 * i); }
  return word;
}

/**
 * Word i of the 2 bit integers of superblocks of `stride` bytes, the first at `byte`: byte i of each 32 has those of
 * value i of four units, the first in its lowest bits.
 */
fn two_bits_word(byte: u32, stride: u32, i: u32) -> u32 {
  let unit = i / 2 % 8;
  return pairs_of_bits(byte + i / 16 * stride + 32 * (unit / 4) + 16 * (i % 2), 2 * (unit % 4));
}

/**
 * Fifth bits of 32 values, from bit i for value i to bit `8b + i` for value `4i + b`: shifted right by i, the word then
 * has the bits of values 4i .. 4i + 3 a byte apart, as the kernels hold values.
 */
fn fifth_bits(bits: u32) -> u32 {
  var word = 0u;
  for (var i = 0u; i < 8; i++) { word |= ((((bits >> (4 * i)) & 15) * 0x204081) & 0x01010101) << i; }
  return word;
}
