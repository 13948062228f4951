// Soft cap, in place: x[n, d] = CAP * tanh(x[n, d] / CAP)
//
// One thread per value; y is the row.

override DIM: u32;
override CAP: f32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read_write> x: array<f32>;  // (N, DIM)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let d = group.x * THREADS + thread;
  if (d < DIM) {
    // Past 15 tanh is 1, and may be computed as a quotient of infinities
    x[group.y * DIM + d] = CAP * tanh(clamp(x[group.y * DIM + d] / CAP, -15.0, 15.0));
  }
}
