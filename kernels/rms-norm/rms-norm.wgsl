// RMS norm: out[n, d] = x[n, d] * weight[d] / sqrt(mean(x[n, :]^2) + eps), or added to out[n, d]
//
// One workgroup per row. Each thread sums a strided slice of the row, the
// workgroup adds the slices up, then every thread scales its own slice.

override DIM: u32;
override EPS: f32;
override ADD: bool;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;          // (N, DIM)
@group(0) @binding(1) var<storage, read> weight: array<f32>;     // (DIM)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;  // (N, DIM)

var<workgroup> partial: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * DIM;

  var sum = 0.0;
  for (var d = thread; d < DIM; d += THREADS) {
    sum += x[row + d] * x[row + d];
  }
  partial[thread] = sum;
  for (var half = THREADS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      partial[thread] += partial[thread + half];
    }
  }
  workgroupBarrier();

  let scale = 1.0 / sqrt(partial[0] / f32(DIM) + EPS);
  for (var d = thread; d < DIM; d += THREADS) {
    let normed = x[row + d] * weight[d] * scale;
    if (ADD) {
      out[row + d] += normed;
    } else {
      out[row + d] = normed;
    }
  }
}
