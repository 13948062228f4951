// RMS norm, quantized: x[n, d] * weight[d] / sqrt(mean(x[n, :]^2) + eps)
//
// One workgroup per row. Each thread sums a strided slice of the row, the workgroup adds the slices up, then
// every eight threads quantize a unit in turn.

override EPS: f32;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;       // (N, DIM)
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;  // (DIM)
@group(0) @binding(2) var<storage, read_write> out: array<u32>;     // (N, LINE)

override FOURS: u32 = DIM / 4u;

var<workgroup> partial: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = group.y * groups.x + group.x;

  var sum = 0.0;
  for (var four = thread; four < FOURS; four += THREADS) {
    let values = x[row * FOURS + four];
    sum += dot(values, values);
  }
  partial[thread] = sum;
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      partial[thread] += partial[thread + half];
    }
  }
  workgroupBarrier();

  let scale = 1.0 / sqrt(partial[0] / f32(DIM) + EPS);
  for (var start = 0u; start < FOURS; start += THREADS) {
    let four = min(start + thread, FOURS - 1u);
    quantize(row, start + thread, x[row * FOURS + four] * weight[four] * scale, thread);
  }
}
