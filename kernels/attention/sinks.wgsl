// Attention sinks: each head has a learned score that takes its share of the weights and gives nothing.

@group(0) @binding(SINKS) var<storage, read> sinks: array<f32>;  // (HEADS)

// What the weighted values of a head are divided by; `sum` is of weights relative to `peak`
fn denominator(head: u32, peak: f32, sum: f32) -> f32 {
  // A sink so far above all scores leaves nothing of them; bounded, since infinities are not promised
  return sum + exp2(min(sinks[head] * LOG2_E - peak, 126.0));
}
