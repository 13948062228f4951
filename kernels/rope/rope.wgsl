// Rotary position embedding, and this step's keys and values into the KV cache: q and k are turned, v is only moved.
//
// One thread per UNIT quads of a head; y is the row.

override HEADS: u32;
override THREADS: u32;

override UNITS = (HEAD_QUADS + UNIT - 1) / UNIT;

@group(0) @binding(0) var<storage, read> qkv: array<f32>;              // (N, (HEADS + 2 KV_HEADS) * HEAD_DIM)
@group(0) @binding(1) var<storage, read> rotation: array<vec2<f32>>;   // (positions, ROTARY / 2): cos, sin
@group(0) @binding(2) var<storage, read> pages: array<u32>;            // (sequences, MAX_PAGES)
@group(0) @binding(3) var<storage, read> step: array<Row>;             // (N)
@group(0) @binding(4) var<storage, read_write> q: array<vec4<f32>>;    // (N, HEADS, HEAD_QUADS)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.y;
  let slot = group.x * THREADS + thread;
  let head = slot / UNITS;
  let first = slot % UNITS * UNIT;
  if (head >= ROW_HEADS) {
    return;
  }

  let here = step[row];
  if (head >= HEADS) {
    storeUnit(row, here, head, first);
    return;
  }
  for (var quad = first; quad < min(first + UNIT, HEAD_QUADS); quad++) {
    q[(row * HEADS + head) * HEAD_QUADS + quad] =
      turnedQuad(row, head, quad, here.position) * sharpness(here.position);
  }
}
