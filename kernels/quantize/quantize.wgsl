// Quantize: x as it is
//
// One thread for four values; y is the row.

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;    // (N, DIM)
@group(0) @binding(1) var<storage, read_write> out: array<u32>;  // (N, LINE)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let four = group.x * THREADS + thread;
  let row = group.y;
  quantize(row, four, x[row * (DIM / 4u) + min(four, DIM / 4u - 1u)], thread);
}
