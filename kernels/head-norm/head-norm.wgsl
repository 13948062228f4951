// RMS norm of each head of q and k, in place: x[n, h, d] *= weight[d] / sqrt(mean(x[n, h, :]^2) + eps), with one
// weight for all heads of q and another for those of k, or none
//
// One workgroup per head; y is the row. Each thread sums a strided slice of the head, the workgroup adds the slices
// up, then every thread scales its own slice. What follows q and k in a row (v) is left as it is.

override HEADS: u32;     // of q
override KV_HEADS: u32;  // of k, and as many of v
override HEAD_DIM: u32;
override EPS: f32;
override THREADS: u32;

const NORMS = 1;

@group(0) @binding(0) var<storage, read_write> x: array<f32>;  // (N, HEADS + 2 KV_HEADS, HEAD_DIM)

var<workgroup> partial: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let head = group.x;
  let start = (group.y * (HEADS + 2 * KV_HEADS) + head) * HEAD_DIM;

  var sum = 0.0;
  for (var d = thread; d < HEAD_DIM; d += THREADS) {
    sum += x[start + d] * x[start + d];
  }
  partial[thread] = sum;
  for (var half = THREADS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      partial[thread] += partial[thread + half];
    }
  }
  workgroupBarrier();

  let scale = 1.0 / sqrt(partial[0] / f32(HEAD_DIM) + EPS);
  for (var d = thread; d < HEAD_DIM; d += THREADS) {
    x[start + d] *= weightOf(head, d) * scale;
  }
}
