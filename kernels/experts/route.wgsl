// Route: each row's experts and their weights, as choose.wgsl has it
//
// One workgroup per row.

override THREADS: u32;

const LOGITS = 0;
const CHOICE_BIAS = 2;

@group(0) @binding(1) var<storage, read_write> routes: array<Route>;  // (M, USED)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  choose(group.x, thread);
  for (var j = thread; j < USED; j += THREADS) {
    routes[group.x * USED + j] = choice(j);
  }
}
