// Scales of Q4_K and Q5_K: w = d * scale * q - dmin * min, with d and dmin for a superblock of 8 units, scale and min
// for a unit of 32 values
//
// A row of `scales` begins with d and dmin of its superblocks, as f16, a word each; then scale and min of its units, a
// byte each and two units to a word. In the file they have 6 bits, which here would be put together for every unit
// that is read.

override BLOCKS: u32 = UNITS / 8u;

// (scale, offset) of a unit of the row that begins at `line`
fn k_scale(line: u32, unit: u32) -> vec2<f32> {
  let d = unpack2x16float(scales[line + unit / 8u]);
  let pair = scales[line + BLOCKS + unit / 2u] >> (16u * (unit & 1u));
  return d * vec2<f32>(f32(pair & 255u), -f32((pair >> 8u) & 255u));
}
