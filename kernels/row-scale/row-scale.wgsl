// Row scale: x[n, d] *= FACTOR * scales[sequence of row n]
//
// One thread per element; y is the row. Follows step.wgsl.

override DIM: u32;
override FACTOR: f32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> scales: array<f32>;   // (slots)
@group(0) @binding(1) var<storage, read> rows: array<Row>;     // (N)
@group(0) @binding(2) var<storage, read_write> x: array<f32>;  // (N, DIM)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let d = group.x * THREADS + thread;
  let scale = scales[rows[group.y].sequence];
  if (d < DIM) {
    // No matter what is there: infinity times nothing would be no number
    let i = group.y * DIM + d;
    x[i] = select(FACTOR * scale * x[i], 0.0, scale == 0.0);
  }
}
