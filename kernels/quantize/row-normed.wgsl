// The row of x after RMS norm

override EPS: f32;

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;       // (K)
@group(0) @binding(5) var<storage, read> weight: array<vec4<f32>>;  // (K)

// What `four_of_row` is yet to be multiplied by
fn start_row(thread: u32) -> f32 {
  var sum = 0.0;
  for (var four = thread; four < K / 4u; four += THREADS) {
    let values = x[four];
    sum += dot(values, values);
  }
  return 1.0 / sqrt(sum_of_all(sum, thread) / f32(K) + EPS);
}

fn four_of_row(four: u32) -> vec4<f32> {
  return x[four] * weight[four];
}
