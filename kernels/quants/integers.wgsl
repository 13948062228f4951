// Small integers to floats: w = scale * q + offset
//
// Conversions from integers are slow on many GPUs. Here the bits of q are put at the top of the mantissa of
// 1.0, which makes 1 + q / 2^n, and one multiply-add does the rest.

const ONE = vec4<u32>(0x3f800000u);

// Where the bytes of a word begin
const BYTES = vec4<u32>(0u, 8u, 16u, 24u);

fn join_bytes(bytes: vec4<u32>) -> u32 {
  let moved = bytes << BYTES;
  return (moved.x | moved.y) | (moved.z | moved.w);
}

// Each byte of the word at the top of a mantissa
fn spread(word: u32) -> vec4<u32> {
  return vec4<u32>(word << 15u, word << 7u, word >> 1u, word >> 9u);
}

// The four bytes of a word
fn bytes4(word: u32, scale: f32, offset: f32) -> vec4<f32> {
  let mantissas = bitcast<vec4<f32>>((spread(word) & vec4<u32>(0x7f8000u)) | ONE);
  return mantissas * (256.0 * scale) + (offset - 256.0 * scale);
}

// All of a unit: word i has the bytes of values 4i .. 4i + 3; values 0..15 and 16..31 have their own scale and offset
fn bytes32(words: array<u32, 8>, scale: vec2<f32>, offset: vec2<f32>) -> array<vec4<f32>, 8> {
  return array<vec4<f32>, 8>(
    bytes4(words[0], scale.x, offset.x),
    bytes4(words[1], scale.x, offset.x),
    bytes4(words[2], scale.x, offset.x),
    bytes4(words[3], scale.x, offset.x),
    bytes4(words[4], scale.y, offset.y),
    bytes4(words[5], scale.y, offset.y),
    bytes4(words[6], scale.y, offset.y),
    bytes4(words[7], scale.y, offset.y),
  );
}

// The same of integers of few bits, moved to the top of their bytes: beside 256 * scale the smallest would lose
// digits
fn small32(words: array<u32, 8>, shift: u32, scale: vec2<f32>, offset: vec2<f32>) -> array<vec4<f32>, 8> {
  let moved = array<u32, 8>(
    words[0] << shift,
    words[1] << shift,
    words[2] << shift,
    words[3] << shift,
    words[4] << shift,
    words[5] << shift,
    words[6] << shift,
    words[7] << shift,
  );
  return bytes32(moved, scale / f32(1u << shift), offset);
}

// Values 0..15 in the low nibbles of 16 bytes, 16..31 in the high ones
fn nibbles32(q: vec4<u32>, scale: f32, offset: f32) -> array<vec4<f32>, 8> {
  return array<vec4<f32>, 8>(
    low_nibbles(q.x, scale, offset),
    low_nibbles(q.y, scale, offset),
    low_nibbles(q.z, scale, offset),
    low_nibbles(q.w, scale, offset),
    high_nibbles(q.x, scale, offset),
    high_nibbles(q.y, scale, offset),
    high_nibbles(q.z, scale, offset),
    high_nibbles(q.w, scale, offset),
  );
}

fn low_nibbles(word: u32, scale: f32, offset: f32) -> vec4<f32> {
  let mantissas = bitcast<vec4<f32>>((spread(word) & vec4<u32>(0x78000u)) | ONE);
  return mantissas * (256.0 * scale) + (offset - 256.0 * scale);
}

fn high_nibbles(word: u32, scale: f32, offset: f32) -> vec4<f32> {
  let mantissas = bitcast<vec4<f32>>((spread(word) & vec4<u32>(0x780000u)) | ONE);
  return mantissas * (16.0 * scale) + (offset - 16.0 * scale);
}

// The same with a fifth bit: bit i of byte b of `high` belongs to value 4i + b
fn fives32(q: vec4<u32>, high: u32, scale: f32, offset: f32) -> array<vec4<f32>, 8> {
  return bytes32(five_bits(q, high), vec2<f32>(scale), vec2<f32>(offset));
}

// Word i has the values 4i .. 4i + 3, a byte each
fn five_bits(q: vec4<u32>, high: u32) -> array<u32, 8> {
  let low4 = q & vec4<u32>(0x0f0f0f0fu);
  let high4 = (q >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu);
  return array<u32, 8>(
    low4.x | ((high << 4u) & 0x10101010u),
    low4.y | ((high << 3u) & 0x10101010u),
    low4.z | ((high << 2u) & 0x10101010u),
    low4.w | ((high << 1u) & 0x10101010u),
    high4.x | (high & 0x10101010u),
    high4.y | ((high >> 1u) & 0x10101010u),
    high4.z | ((high >> 2u) & 0x10101010u),
    high4.w | ((high >> 3u) & 0x10101010u),
  );
}
