// Gather: out[step.row[n].output, d] = x[n, d] for every row that is an output
//
// One thread per value of x. Rows that are no outputs are left out: after the
// last block only the rows whose logits are wanted go on to the head.

override DIM: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;          // (N, DIM)
@group(0) @binding(1) var<storage, read> rows: array<Row>;       // (N)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;  // (outputs, DIM)
@group(0) @binding(3) var<uniform> counts: vec4<u32>;            // x: N

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let i = id.y * groups.x * 64 + id.x;
  let n = i / DIM;
  if (n >= counts.x) {
    return;
  }
  let output = rows[n].output;
  if (output != NONE) {
    out[output * DIM + i % DIM] = x[i];
  }
}
