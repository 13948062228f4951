// Short convolution, gated: out[n, d] = C[n, d] * sum over i of weight[d, i] * inputs[position - (TAPS - 1) + i, d], of the
// row's own sequence. Before its first position there is nothing.
//
// One thread per value; y is the row.

override DIM: u32;
override TAPS: u32;
override PAGE: u32;
override MAX_PAGES: u32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> bcx: array<f32>;        // (N, 3, DIM): B, C, x
@group(0) @binding(1) var<storage, read> weight: array<f32>;     // (DIM, TAPS)
@group(0) @binding(2) var<storage, read> inputs: array<f32>;     // (physical pages, PAGE, DIM)
@group(0) @binding(3) var<storage, read> pages: array<u32>;      // (sequences, MAX_PAGES)
@group(0) @binding(4) var<storage, read> step: array<Row>;       // (N)
@group(0) @binding(5) var<storage, read_write> out: array<f32>;  // (N, DIM)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let d = group.x * THREADS + thread;
  if (d >= DIM) {
    return;
  }
  let here = step[group.y];
  var sum = 0.0;
  for (var back = min(TAPS - 1, here.position) + 1; back > 0; back--) {
    let position = here.position + 1 - back;
    let page = pages[here.sequence * MAX_PAGES + position / PAGE];
    sum += weight[d * TAPS + TAPS - back] * inputs[(page * PAGE + position % PAGE) * DIM + d];
  }
  out[group.y * DIM + d] = sum * bcx[(group.y * 3 + 1) * DIM + d];
}
