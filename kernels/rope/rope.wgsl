// Rotary position embedding, and this step's keys and values into the KV cache
//
// Pairs of dimensions of q and k turn by the angle of their row's position: (a, b) becomes
// (a cos - b sin, a sin + b cos). A pair is dimensions (2i, 2i + 1), or (i, i + ROTARY / 2) of a head. Dimensions
// from ROTARY on, and v, are only moved.
//
// One thread per quad of a row of `qkv`; y is the row.

override HEADS: u32;
override ROTARY: u32;
override ADJACENT: bool;
override THREADS: u32;

// One where nothing turns, since a pipeline that would divide by zero is not made
override PAIRS = max(ROTARY / 2, 1u);

@group(0) @binding(0) var<storage, read> qkv: array<f32>;              // (N, (HEADS + 2 KV_HEADS) * HEAD_DIM)
@group(0) @binding(1) var<storage, read> rotation: array<vec2<f32>>;   // (positions, ROTARY / 2): cos, sin
@group(0) @binding(2) var<storage, read> pages: array<u32>;            // (sequences, MAX_PAGES)
@group(0) @binding(3) var<storage, read> step: array<Row>;             // (N)
@group(0) @binding(4) var<storage, read_write> q: array<vec4<f32>>;    // (N, HEADS, HEAD_QUADS)
@group(0) @binding(5) var<storage, read_write> k: array<KvQuad>;       // paged
@group(0) @binding(6) var<storage, read_write> v: array<KvQuad>;       // paged

fn rotated(start: u32, d: u32, position: u32) -> f32 {
  if (d >= ROTARY) {
    return qkv[start + d];
  }
  let pair = select(d % PAIRS, d / 2, ADJACENT);
  let first = select(pair, 2 * pair, ADJACENT);
  let second = first + select(PAIRS, 1u, ADJACENT);
  let a = qkv[start + first];
  let b = qkv[start + second];
  let turn = rotation[position * PAIRS + pair];
  return select(a * turn.y + b * turn.x, a * turn.x - b * turn.y, d == first);
}

fn rotatedQuad(start: u32, d: u32, position: u32) -> vec4<f32> {
  return vec4(
    rotated(start, d, position),
    rotated(start, d + 1, position),
    rotated(start, d + 2, position),
    rotated(start, d + 3, position),
  );
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.y;
  let slot = group.x * THREADS + thread;
  let head = slot / HEAD_QUADS;
  let quad = slot % HEAD_QUADS;
  if (head >= HEADS + 2 * KV_HEADS) {
    return;
  }

  let here = step[row];
  let start = (row * (HEADS + 2 * KV_HEADS) + head) * HEAD_DIM;
  let d = quad * 4;
  if (head < HEADS) {
    q[(row * HEADS + head) * HEAD_QUADS + quad] = rotatedQuad(start, d, here.position);
  } else if (head < HEADS + KV_HEADS) {
    let at = kvIndex(here.sequence, here.position, head - HEADS) + quad;
    k[at] = toKv(rotatedQuad(start, d, here.position));
  } else {
    let at = kvIndex(here.sequence, here.position, head - HEADS - KV_HEADS) + quad;
    v[at] = toKv(vec4(qkv[start + d], qkv[start + d + 1], qkv[start + d + 2], qkv[start + d + 3]));
  }
}
