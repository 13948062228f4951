// Copy: out[i] = source[i]
//
// One thread per vec4: what the adapter's memory can do at best, and so the
// ceiling that benchmarks compare with.

@group(0) @binding(0) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let i = id.y * groups.x * 256 + id.x;
  if (i < arrayLength(&out)) {
    out[i] = source[i];
  }
}
