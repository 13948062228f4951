// Small integers to f16: w = scale * (q - zero) + offset, each four values in the order 0 2 1 3
//
// As in integers.wgsl: 0x6400 is 1024.0, and the bits of q at the end of its mantissa make 1024 + q. A word
// holds two f16, and two bytes apart lie ready in it: hence the order.

// A word with one q at the end of each half
fn pair(word: u32) -> vec2<f16> {
  return bitcast<vec2<f16>>(word | 0x64006400u);
}

fn bytes4h(word: u32, zero: f16, scale: f16, offset: f16) -> vec4<f16> {
  let q = vec4<f16>(pair(word & 0x00ff00ffu), pair((word >> 8u) & 0x00ff00ffu));
  return (q - (1024.0h + zero)) * scale + offset;
}

// All of a unit, as `bytes32` has it
fn bytes32h(words: array<u32, 8>, zero: f16, scale: vec2<f16>, offset: vec2<f16>) -> array<vec4<f16>, 8> {
  return array<vec4<f16>, 8>(
    bytes4h(words[0], zero, scale.x, offset.x),
    bytes4h(words[1], zero, scale.x, offset.x),
    bytes4h(words[2], zero, scale.x, offset.x),
    bytes4h(words[3], zero, scale.x, offset.x),
    bytes4h(words[4], zero, scale.y, offset.y),
    bytes4h(words[5], zero, scale.y, offset.y),
    bytes4h(words[6], zero, scale.y, offset.y),
    bytes4h(words[7], zero, scale.y, offset.y),
  );
}

// Values 0..15 in the low nibbles of 16 bytes, 16..31 in the high ones
fn nibbles32h(q: vec4<u32>, zero: f16, scale: f16, offset: f16) -> array<vec4<f16>, 8> {
  return array<vec4<f16>, 8>(
    nibbles4h(q.x, zero, scale, offset),
    nibbles4h(q.y, zero, scale, offset),
    nibbles4h(q.z, zero, scale, offset),
    nibbles4h(q.w, zero, scale, offset),
    nibbles4h(q.x >> 4u, zero, scale, offset),
    nibbles4h(q.y >> 4u, zero, scale, offset),
    nibbles4h(q.z >> 4u, zero, scale, offset),
    nibbles4h(q.w >> 4u, zero, scale, offset),
  );
}

fn nibbles4h(word: u32, zero: f16, scale: f16, offset: f16) -> vec4<f16> {
  return bytes4h(word & 0x0f0f0f0fu, zero, scale, offset);
}

// The same with a fifth bit, as `fives32` has it
fn fives32h(q: vec4<u32>, high: u32, zero: f16, scale: f16, offset: f16) -> array<vec4<f16>, 8> {
  return bytes32h(five_bits(q, high), zero, vec2<f16>(scale), vec2<f16>(offset));
}
