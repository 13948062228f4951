// Expert act, quantized: as act.wgsl, in int8 as kernels/quantize has it
//
// One thread for four values; y is the pair.

override FFN: u32 = DIM;

@group(0) @binding(0) var<storage, read> products: array<f32>;   // (pairs, 2 FFN)
@group(0) @binding(1) var<storage, read> routes: array<Route>;   // (pairs)
@group(0) @binding(2) var<storage, read_write> out: array<u32>;  // (pairs, LINE)
@group(0) @binding(3) var<storage, read> bias: array<f32>;       // where BIASED

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let four = group.x * THREADS + thread;
  let pair = group.y;
  let n = 4u * min(four, FFN / 4u - 1u);
  let values = vec4<f32>(
    value_at(pair, n),
    value_at(pair, n + 1u),
    value_at(pair, n + 2u),
    value_at(pair, n + 3u),
  );
  quantize(pair, four, values, thread);
}

fn value_at(pair: u32, n: u32) -> f32 {
  let at = pair * 2u * FFN + n;
  return inner(routes[pair], n, products[at], products[at + FFN]);
}
