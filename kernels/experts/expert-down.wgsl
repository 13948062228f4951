// Expert down: out[m, n] = sum over m's experts of their weight * (sum over k of w[expert, n, k] * x[pair, k] + bias),
// for few rows
//
// A team of LANES threads takes row n of every expert of m, which is z: its lanes stride over the units of all of
// them. Experts that are not in this stack add nothing. `reduce` is of another file.

override USED: u32;
override ADD: bool;         // to what `out` holds
override WEIGHTED: bool;    // whether weights count here
override BIASED: bool;
override LANES: u32;        // a power of two
override TEAMS: u32;        // per workgroup

alias Sums = f32;

@group(0) @binding(3) var<storage, read_write> out: array<f32>;  // (M, N)
@group(0) @binding(4) var<storage, read> routes: array<Route>;   // (M, USED)
@group(0) @binding(5) var<storage, read> bias: array<f32>;       // (all experts, N), where BIASED

@compute @workgroup_size(LANES * TEAMS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let m = group.z;
  let n = (group.y * groups.x + group.x) * TEAMS + thread / LANES;
  let lane = thread % LANES;

  var sum = 0.0;
  for (var i = lane; i < USED * UNITS; i += LANES) {
    let pair = m * USED + i / UNITS;
    let expert = routes[pair].expert - FIRST;
    if (expert < EXPERTS) {
      let row = stack_row(expert, min(n, N - 1u));
      sum += weight_of(pair) * product(row, pair, i % UNITS);
    }
  }
  let total = reduce(sum, thread);
  if (lane == 0u && n < N) {
    write(m, n, total);
  }
}

fn write(m: u32, n: u32, products: f32) {
  var total = products;
  if (BIASED) {
    for (var pair = m * USED; pair < (m + 1u) * USED; pair++) {
      let expert = routes[pair].expert;
      if (expert - FIRST < EXPERTS) {
        total += weight_of(pair) * bias[expert * N + n];
      }
    }
  }
  let at = m * N + n;
  if (ADD) {
    out[at] += total;
  } else {
    out[at] = total;
  }
}

fn weight_of(pair: u32) -> f32 {
  return select(1.0, routes[pair].weight, WEIGHTED);
}
