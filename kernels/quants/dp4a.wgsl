// Products in integers: 32 weights and 32 values of x, four to a word as signed bytes, by dot4I8Packed
//
// Of a type that has them, `load32i` gives weights as w = scale * q + offset. x is what kernels/quantize wrote:
// x = d * q, with the sum of the 32 values beside it, so that an offset costs one multiplication.

// Values 0..15 in `low`, 16..31 in `high`
struct Integers {
  low: vec4<u32>,
  high: vec4<u32>,
  scale: vec2<f32>,  // of low and of high; equal where not TWO_SCALES
  offset: f32,
}

// 1.5 * 2^23: floats of this size are a whole apart. Added as bits, an integer becomes a float without a conversion
const BIAS = 12582912.0;

fn dot32i(w: Integers, x: Inputs) -> f32 {
  if (TWO_SCALES) {
    let low = whole(dot16i(w.low, x.low, bitcast<i32>(BIAS)));
    let high = whole(dot16i(w.high, x.high, bitcast<i32>(BIAS)));
    return (w.scale.x * low + w.scale.y * high) * x.d + w.offset * x.sum;
  }
  let all = whole(dot16i(w.high, x.high, dot16i(w.low, x.low, bitcast<i32>(BIAS))));
  return w.scale.x * x.d * all + w.offset * x.sum;
}

fn dot16i(a: vec4<u32>, b: vec4<u32>, start: i32) -> i32 {
  return dot4I8Packed(a.w, b.w)
    + (dot4I8Packed(a.z, b.z) + (dot4I8Packed(a.y, b.y) + (dot4I8Packed(a.x, b.x) + start)));
}

fn whole(biased: i32) -> f32 {
  return bitcast<f32>(biased) - BIAS;
}

// Values 0..15 in the low nibbles of 16 bytes, 16..31 in the high ones
fn nibbles32i(q: vec4<u32>, scale: f32, offset: f32) -> Integers {
  let mask = vec4<u32>(0x0f0f0f0fu);
  return Integers(q & mask, (q >> vec4<u32>(4u)) & mask, vec2<f32>(scale), offset);
}

// The same with a fifth bit, as `fives32` has it
fn fives32i(q: vec4<u32>, high: u32, scale: f32, offset: f32) -> Integers {
  let words = five_bits(q, high);
  return Integers(
    vec4<u32>(words[0], words[1], words[2], words[3]),
    vec4<u32>(words[4], words[5], words[6], words[7]),
    vec2<f32>(scale),
    offset,
  );
}
