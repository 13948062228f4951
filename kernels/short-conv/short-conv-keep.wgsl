// A short convolution's inputs into the cache: inputs[n, d] = B[n, d] * x[n, d]
//
// One thread per value; y is the row. It goes before the convolution, which reads rows of the same step.

override DIM: u32;
override PAGE: u32;
override MAX_PAGES: u32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> bcx: array<f32>;           // (N, 3, DIM): B, C, x
@group(0) @binding(1) var<storage, read> pages: array<u32>;         // (sequences, MAX_PAGES)
@group(0) @binding(2) var<storage, read> step: array<Row>;          // (N)
@group(0) @binding(3) var<storage, read_write> inputs: array<f32>;  // (physical pages, PAGE, DIM)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let d = group.x * THREADS + thread;
  if (d >= DIM) {
    return;
  }
  let here = step[group.y];
  let page = pages[here.sequence * MAX_PAGES + here.position / PAGE];
  let start = group.y * 3 * DIM + d;
  inputs[(page * PAGE + here.position % PAGE) * DIM + d] = bcx[start] * bcx[start + 2 * DIM];
}
