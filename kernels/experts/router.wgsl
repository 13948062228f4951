// Router: out[m, e] = sum over k of w[e, k] * weight[k] * x[m, k] / sqrt(mean(x[m, :]^2) + EPS), RMS norm and product in
// one, for few rows
//
// A team of LANES threads takes an expert and a row, which is z: its lanes stride over the units and add up both sums.

override N: u32;      // experts
override EPS: f32;
override LANES: u32;  // a power of two
override TEAMS: u32;  // per workgroup

alias Sums = vec2<f32>; // products, squares

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;       // (M, K)
@group(0) @binding(3) var<storage, read_write> out: array<f32>;     // (M, N)
@group(0) @binding(4) var<storage, read> weight: array<vec4<f32>>;  // (K)

@compute @workgroup_size(LANES * TEAMS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let m = group.z;
  let e = group.x * TEAMS + thread / LANES;
  let lane = thread % LANES;

  var sums = Sums();
  for (var unit = lane; unit < UNITS; unit += LANES) {
    let w = load32(min(e, N - 1u), unit);
    for (var i = 0u; i < 8u; i++) {
      let four = unit * 8u + i;
      if (four < K / 4u) {
        let values = x[m * (K / 4u) + four];
        sums += Sums(dot(w[i] * weight[four], values), dot(values, values));
      }
    }
  }
  let total = reduce(sums, thread);
  if (lane == 0u && e < N) {
    out[m * N + e] = total.x / sqrt(total.y / f32(K) + EPS);
  }
}
