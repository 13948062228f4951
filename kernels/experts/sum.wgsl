// Expert sum: out[m, n] = sum over m's experts of their weight * (products[pair, n] + bias)
//
// One thread per element; y is the row.

override N: u32;
override USED: u32;
override ADD: bool;       // to what `out` holds
override WEIGHTED: bool;  // whether weights count here
override BIASED: bool;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> products: array<f32>;   // (pairs, N)
@group(0) @binding(1) var<storage, read> routes: array<Route>;   // (M, USED)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;  // (M, N)
@group(0) @binding(3) var<storage, read> bias: array<f32>;       // (experts, N), where BIASED

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let n = group.x * THREADS + thread;
  let m = group.y;
  if (n >= N) {
    return;
  }
  var total = 0.0;
  for (var pair = m * USED; pair < (m + 1u) * USED; pair++) {
    let route = routes[pair];
    var product = products[pair * N + n];
    if (BIASED) {
      product += bias[route.expert * N + n];
    }
    total += select(1.0, route.weight, WEIGHTED) * product;
  }
  let at = m * N + n;
  if (ADD) {
    out[at] += total;
  } else {
    out[at] = total;
  }
}
