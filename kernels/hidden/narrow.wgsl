// Narrow: out[i] = x[2 i] and x[2 i + 1] in f16, the first in the lower half
//
// One thread per pair. What f16 cannot hold becomes infinity, so that whoever reads it can tell.

override DIM: u32;

@group(0) @binding(0) var<storage, read> x: array<vec2<f32>>;       // (N, DIM / 2)
@group(0) @binding(1) var<storage, read_write> out: array<u32>;     // (N, DIM / 2)
@group(0) @binding(2) var<uniform> counts: vec4<u32>;               // x: N

const MOST = 65504.0;
const INFINITE = 0x7c00u;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let i = id.y * groups.x * 64 + id.x;
  if (i >= counts.x * (DIM / 2)) {
    return;
  }
  let pair = x[i];
  let fits = abs(pair) <= vec2<f32>(MOST);
  var halves = pack2x16float(clamp(pair, vec2<f32>(-MOST), vec2<f32>(MOST)));
  if (!fits.x) {
    halves = (halves & 0xffff0000u) | INFINITE;
  }
  if (!fits.y) {
    halves = (halves & 0x0000ffffu) | (INFINITE << 16);
  }
  out[i] = halves;
}
