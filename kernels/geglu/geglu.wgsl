// GeGLU: out[n, d] = gelu(gateUp[n, d]) * gateUp[n, DIM + d], with GELU in its tanh form (Hendrycks & Gimpel 2016):
// gelu(x) = x / 2 * (1 + tanh(u)) = x / (1 + exp(-2 u)), where u = sqrt(2 / pi) * (x + 0.044715 x^3)
//
// One thread per element; y is the row.

override DIM: u32;
override THREADS: u32;

const TWICE_ROOT_2_OVER_PI = 1.5957691216057308;
// Past it exp is infinite, and gelu zero in f32 either way
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
  let twice = TWICE_ROOT_2_OVER_PI * gate * (1.0 + 0.044715 * gate * gate);
  out[group.y * DIM + d] = gate / (1.0 + exp(min(-twice, LARGEST_EXPONENT))) * up;
}
