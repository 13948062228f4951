// Pooling: one vector of each text, out[o, d] from x[n, d] of the text's rows, which lie side by side and whole in this
// step: their mean, the first of them, or the last
//
// One thread per value; y is the output. Neighbours read neighbours, row after row.

override DIM: u32;
override THREADS: u32;
override KIND: u32;

const MEAN = 0u;
const FIRST = 1u;
const LAST = 2u;

@group(0) @binding(0) var<storage, read> x: array<f32>;           // (N, DIM)
@group(0) @binding(1) var<storage, read> outputs: array<Output>;  // (outputs)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;   // (outputs, DIM)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let d = group.x * THREADS + thread;
  if (d >= DIM) {
    return;
  }
  let last = outputs[group.y].row;
  var value = x[last * DIM + d];
  if (KIND != LAST) {
    let count = outputs[group.y].position + 1;
    let first = last + 1 - count;
    if (KIND == FIRST) {
      value = x[first * DIM + d];
    } else {
      for (var n = first; n < last; n++) {
        value += x[n * DIM + d];
      }
      value /= f32(count);
    }
  }
  out[group.y * DIM + d] = value;
}
