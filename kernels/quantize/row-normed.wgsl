// The row of x after RMS norm, added up in the order of rms-norm-quantize.wgsl

override EPS: f32;

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;       // (K)
@group(0) @binding(5) var<storage, read> weight: array<vec4<f32>>;  // (K)

var<workgroup> squares: array<f32, THREADS>;

fn start_row(thread: u32) {
  var sum = 0.0;
  for (var four = thread; four < K / 4u; four += THREADS) {
    let values = x[four];
    sum += dot(values, values);
  }
  squares[thread] = sum;
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      squares[thread] += squares[thread + half];
    }
  }
  workgroupBarrier();
}

fn four_of_row(four: u32) -> vec4<f32> {
  let scale = 1.0 / sqrt(squares[0] / f32(K) + EPS);
  return x[four] * weight[four] * scale;
}
