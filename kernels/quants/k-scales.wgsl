// Scales of a superblock of Q4_K and Q5_K: 8 units of 32 values, w = d * scale * q - dmin * min
//
// header: d and dmin as f16 in word 0; in words 1..3 a 6 bit scale and min for each unit. Units 0..3 have
// theirs in the low 6 bits of the bytes of words 1 (scales) and 2 (mins). Units 4..7 have the low 4 bits in
// the nibbles of word 3 and the high 2 bits in the high bits of words 1 and 2.

// (scale, offset) of unit 0..7
fn k_scale(header: vec4<u32>, unit: u32) -> vec2<f32> {
  let shift = 8u * (unit & 3u);
  let words = header.yzw >> vec3<u32>(shift);
  let first = words.xy & vec2<u32>(63u);
  let low = vec2<u32>(words.z & 15u, (words.z >> 4u) & 15u);
  let second = low | ((words.xy >> vec2<u32>(2u)) & vec2<u32>(48u));
  let d = unpack2x16float(header.x) * vec2<f32>(1.0, -1.0);
  return d * vec2<f32>(select(first, second, unit >= 4u));
}
