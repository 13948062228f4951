// A unit of x, 32 values: x = d * q, with q as signed bytes, 0..15 in `low` and 16..31 in `high`

struct Inputs {
  low: vec4<u32>,
  high: vec4<u32>,
  d: f32,
  sum: f32,  // of the 32 values
}

