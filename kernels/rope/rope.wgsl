// Rotary position embedding, and this step's keys and values into the KV cache: q and k are turned, v is only moved.
//
// One thread per quad of a row of `qkv`; y is the row.

override HEADS: u32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> qkv: array<f32>;              // (N, (HEADS + 2 KV_HEADS) * HEAD_DIM)
@group(0) @binding(1) var<storage, read> rotation: array<vec2<f32>>;   // (positions, ROTARY / 2): cos, sin
@group(0) @binding(2) var<storage, read> pages: array<u32>;            // (sequences, MAX_PAGES)
@group(0) @binding(3) var<storage, read> step: array<Row>;             // (N)
@group(0) @binding(4) var<storage, read_write> q: array<vec4<f32>>;    // (N, HEADS, HEAD_QUADS)
@group(0) @binding(5) var<storage, read_write> k: array<KvQuad>;       // paged
@group(0) @binding(6) var<storage, read_write> v: array<KvQuad>;       // paged

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.y;
  let slot = group.x * THREADS + thread;
  let head = slot / HEAD_QUADS;
  let quad = slot % HEAD_QUADS;
  if (head >= ROW_HEADS) {
    return;
  }

  let here = step[row];
  if (head < HEADS) {
    q[(row * HEADS + head) * HEAD_QUADS + quad] = turnedQuad(row, head, quad, here.position);
  } else if (head < HEADS + KV_HEADS) {
    let at = kvIndex(here.sequence, here.position, head - HEADS) + quad;
    k[at] = toKv(turnedQuad(row, head, quad, here.position));
  } else {
    let at = kvIndex(here.sequence, here.position, head - HEADS - KV_HEADS) + quad;
    v[at] = toKv(plainQuad(row, head, quad));
  }
}
