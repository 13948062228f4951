// SwiGLU: out[n, d] = silu(gateUp[n, d]) * gateUp[n, DIM + d], where silu(x) = x / (1 + exp(-x))
//
// One thread per element; y is the row.

override DIM: u32;
override THREADS: u32;

// Past it exp is infinite, and silu zero in f32 either way
const LARGEST_EXPONENT = 88.0;

@group(0) @binding(0) var<storage, read> gateUp: array<f32>;     // (N, 2 DIM)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;  // (N, DIM)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let d = group.x * THREADS + thread;
  if (d >= DIM) {
    return;
  }
  let gate = gateUp[group.y * 2 * DIM + d];
  let up = gateUp[group.y * 2 * DIM + DIM + d];
  out[group.y * DIM + d] = gate / (1.0 + exp(min(-gate, LARGEST_EXPONENT))) * up;
}
