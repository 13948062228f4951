// Widen: x[2 i] and x[2 i + 1] = the halves of packed[i], from f16, the lower one first
//
// One thread per pair.

override DIM: u32;

@group(0) @binding(0) var<storage, read> packed: array<u32>;          // (N, DIM / 2)
@group(0) @binding(1) var<storage, read_write> x: array<vec2<f32>>;   // (N, DIM / 2)
@group(0) @binding(2) var<uniform> counts: vec4<u32>;                 // x: N

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let i = id.y * groups.x * 64 + id.x;
  if (i < counts.x * (DIM / 2)) {
    x[i] = unpack2x16float(packed[i]);
  }
}
