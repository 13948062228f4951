// Layer norm (Ba et al. 2016): x[n, d] = (x[n, d] - mean) * weight[d] / sqrt(variance + EPS) + bias[d], in place, with
// the mean and the variance of row n
//
// One workgroup per row. Each thread takes a strided slice of it: sums it, sums the squares of what differs from the
// mean, then scales it. Twice over the row, since squares of large numbers alike would cancel.

override DIM: u32;
override EPS: f32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> affine: array<f32>;   // weight (DIM), bias (DIM)
@group(0) @binding(1) var<storage, read_write> x: array<f32>;  // (N, DIM)

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
    sum += x[row + d];
  }
  let mean = total(sum, thread) / f32(DIM);
  var squares = 0.0;
  for (var d = thread; d < DIM; d += THREADS) {
    squares += (x[row + d] - mean) * (x[row + d] - mean);
  }
  let scale = 1.0 / sqrt(total(squares, thread) / f32(DIM) + EPS);
  for (var d = thread; d < DIM; d += THREADS) {
    x[row + d] = (x[row + d] - mean) * scale * affine[d] + affine[DIM + d];
  }
}

// Of all threads' values
fn total(value: f32, thread: u32) -> f32 {
  workgroupBarrier();
  partial[thread] = value;
  for (var half = THREADS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      partial[thread] += partial[thread + half];
    }
  }
  workgroupBarrier();
  return partial[0];
}
