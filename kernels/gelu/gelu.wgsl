// GELU (Hendrycks & Gimpel 2016) of biased inputs: out[n, d] = gelu(x[n, d] + bias[d]), gelu(x) = x * Phi(x), with the
// normal distribution Phi itself, not its form by tanh
//
// Phi(x) = erfc(-x / sqrt(2)) / 2. For z >= 0, erfc(z) = poly(1 / (1 + 0.3275911 z)) exp(-z^2) to 1.5e-7 (Abramowitz &
// Stegun, Handbook of Mathematical Functions, 7.1.26).
//
// One thread per element; y is the row.

override DIM: u32;
override THREADS: u32;

const ROOT_HALF = 0.7071067811865476;

@group(0) @binding(0) var<storage, read> x: array<f32>;          // (N, DIM)
@group(0) @binding(1) var<storage, read> bias: array<f32>;       // (DIM)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;  // (N, DIM)

// Of z >= 0
fn erfc(z: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return poly * exp(-z * z);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let d = group.x * THREADS + thread;
  if (d >= DIM) {
    return;
  }
  let value = x[group.y * DIM + d] + bias[d];
  let tail = 0.5 * erfc(abs(value) * ROOT_HALF);
  out[group.y * DIM + d] = value * select(tail, 1.0 - tail, value > 0.0);
}
