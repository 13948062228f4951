@group(0) @binding(NORMS) var<storage, read> qWeight: array<f32>;  // (HEAD_DIM)
@group(0) @binding(NORMS + 1) var<storage, read> kWeight: array<f32>;  // (HEAD_DIM)

fn weightOf(head: u32, d: u32) -> f32 {
  return select(kWeight[d], qWeight[d], head < HEADS);
}
