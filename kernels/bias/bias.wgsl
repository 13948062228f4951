// Bias: x[n, d] += bias[d]
//
// One thread per element; y is the row.

override DIM: u32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> bias: array<f32>;     // (DIM)
@group(0) @binding(1) var<storage, read_write> x: array<f32>;  // (N, DIM)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let d = group.x * THREADS + thread;
  if (d < DIM) {
    x[group.y * DIM + d] += bias[d];
  }
}
