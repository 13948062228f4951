// Embedding: out[row, k] = SCALE * table[id, k], or added to out[row, k], where id is the row's token, or its position,
// or 0
//
// One workgroup per row, one thread per unit of 32 values in turn. Of a table that is bound in parts each
// part writes the rows whose tokens it has and leaves the others as they are.

override FIRST_ID: u32;  // the entry of the part's first row
override IDS: u32;       // rows of the part
override SCALE: f32;
override ADD: bool;
override KEY: u32;
override THREADS: u32;

const POSITION = 1u;
const ALWAYS_FIRST = 2u;

@group(0) @binding(2) var<storage, read> step: array<Row>;             // (rows)
@group(0) @binding(3) var<storage, read> sampled: array<u32>;          // (sequences), the token that each sampled last
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;  // (rows, K)

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = group.y * groups.x + group.x;
  let row = step[index];
  var entry = row.token;
  if (KEY == POSITION) {
    entry = row.position;
  } else if (KEY == ALWAYS_FIRST) {
    entry = 0;
  } else if (entry == SAMPLED) {
    entry = sampled[row.sequence];
  }
  let id = entry - FIRST_ID;
  if (entry < FIRST_ID || id >= IDS) {
    return;
  }

  for (var unit = thread; unit < UNITS; unit += THREADS) {
    let values = load32(id, unit);
    write(index, unit * 8u, values[0]);
    write(index, unit * 8u + 1u, values[1]);
    write(index, unit * 8u + 2u, values[2]);
    write(index, unit * 8u + 3u, values[3]);
    write(index, unit * 8u + 4u, values[4]);
    write(index, unit * 8u + 5u, values[5]);
    write(index, unit * 8u + 6u, values[6]);
    write(index, unit * 8u + 7u, values[7]);
  }
}

fn write(row: u32, four: u32, values: vec4<f32>) {
  if (four < K / 4u) {
    let at = row * (K / 4u) + four;
    out[at] = SCALE * values + select(vec4<f32>(), out[at], ADD);
  }
}
