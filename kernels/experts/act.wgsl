// Expert act: out[pair, n] = act(gate, up) of products[pair, n] and products[pair, FFN + n]
//
// One thread per element; y is the pair.

override FFN: u32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> products: array<f32>;   // (pairs, 2 FFN)
@group(0) @binding(1) var<storage, read> routes: array<Route>;   // (pairs)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;  // (pairs, FFN)
@group(0) @binding(3) var<storage, read> bias: array<f32>;       // where BIASED

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let n = group.x * THREADS + thread;
  let pair = group.y;
  if (n < FFN) {
    let at = pair * 2u * FFN + n;
    out[pair * FFN + n] = inner(routes[pair], n, products[at], products[at + FFN]);
  }
}
