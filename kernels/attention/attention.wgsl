// Attention: out[n, h] = softmax(SCALE * q[n, h] · K) · V, over the positions that row n may see of its own sequence:
// all up to its own, or the last WINDOW of them. Query heads h share key and value head h / GROUP.
//
// What all variants have in common.

override HEADS: u32;
override SCALE: f32;
override WINDOW: u32;  // 0 is none

// Scores carry the factor log2(e), so that weights are powers of two
const LOG2_E = 1.4426950408889634;
// Below any score, and finite: WGSL promises nothing about infinities
const LOWEST = -1e30;

fn firstVisible(position: u32) -> u32 {
  if (WINDOW == 0 || position < WINDOW) {
    return 0;
  }
  return position + 1 - WINDOW;
}
