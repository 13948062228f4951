// Attention: out[n, h] = softmax(SCALE * q[n, h] · K) · V, over the positions that row n may see of its own sequence:
// all up to its own, or those of its window. Query heads h share key and value head h / GROUP.
//
// What all variants have in common.

override HEADS: u32;
override SCALE: f32;
override WINDOW: u32;    // 0 is none
// Whether windows begin at multiples of WINDOW; else a row sees the last WINDOW positions, its own included
override ALIGNED: bool;
override CAP: f32;       // scores s become CAP * tanh(s / CAP); 0 is none

// Scores carry the factor log2(e), so that weights are powers of two
const LOG2_E = 1.4426950408889634;
// Below any score, and finite: WGSL promises nothing about infinities
const LOWEST = -1e30;

fn firstVisible(position: u32) -> u32 {
  if (WINDOW == 0 || position < WINDOW) {
    return 0;
  }
  return select(position + 1 - WINDOW, position / max(WINDOW, 1u) * WINDOW, ALIGNED);
}

fn capped(scores: vec4<f32>) -> vec4<f32> {
  if (CAP == 0) {
    return scores;
  }
  let cap = CAP * LOG2_E;
  // Past 15 tanh is 1, and may be computed as a quotient of infinities
  return cap * tanh(clamp(scores / max(cap, 1e-30), vec4(-15.0), vec4(15.0)));
}
