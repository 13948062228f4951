// SwiGLU, quantized: silu(gateUp[n, d]) * gateUp[n, DIM + d], where silu(x) = x / (1 + exp(-x))
//
// One thread for four values; y is the row.

// Past it exp is infinite, and silu zero in f32 either way
const LARGEST_EXPONENT = vec4<f32>(88.0);

@group(0) @binding(0) var<storage, read> gateUp: array<vec4<f32>>;  // (N, 2 DIM)
@group(0) @binding(1) var<storage, read_write> out: array<u32>;     // (N, LINE)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let four = group.x * THREADS + thread;
  let row = group.y;
  let at = row * (DIM / 2u) + min(four, DIM / 4u - 1u);
  let gate = gateUp[at];
  let up = gateUp[at + DIM / 4u];
  quantize(row, four, gate / (1.0 + exp(min(-gate, LARGEST_EXPONENT))) * up, thread);
}
