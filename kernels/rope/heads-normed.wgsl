// RMS norm of each head of q and k before it turns, as kernels/head-norm does it: what a workgroup needs of its BLOCK heads
// of q and of its own key. The weights are of another file, `weightOf`; since turning is linear, the rest is a factor.

override EPS: f32;

// Of each quad: of the block's heads, then of the own key
var<workgroup> squares: array<f32, (BLOCK + 1) * HEAD_QUADS>;

// For all threads, before any factor is asked for
fn startHeads(row: u32, firstHead: u32, heads: u32, kvHead: u32, thread: u32) {
  for (var i = thread; i < (BLOCK + 1) * HEAD_QUADS; i += THREADS) {
    let h = i / HEAD_QUADS;
    let quad = plainQuad(row, select(firstHead + min(h, heads - 1), HEADS + kvHead, h == BLOCK), i % HEAD_QUADS);
    squares[i] = dot(quad, quad);
  }
  workgroupBarrier();
}

fn headFactor(h: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < HEAD_QUADS; i++) {
    sum += squares[h * HEAD_QUADS + i];
  }
  return 1.0 / sqrt(sum / f32(HEAD_DIM) + EPS);
}

fn keyFactor() -> f32 {
  return headFactor(BLOCK);
}
