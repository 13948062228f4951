// Rotary position embedding of q and k where they lie, for texts that need no cache
//
// Pairs of dimensions turn by the angle of their row's position: (a, b) becomes (a cos - b sin, a sin + b cos). A pair
// is dimensions (2i, 2i + 1), or (i, i + ROTARY / 2) of a head. Dimensions from ROTARY on stay, and so does v.
//
// One thread per pair of a row's heads; y is the row.

override HEADS: u32;
override KV_HEADS: u32;
override HEAD_DIM: u32;
override ROTARY: u32;  // 2 at least
override ADJACENT: bool;
override THREADS: u32;

override PAIRS = ROTARY / 2;

@group(0) @binding(0) var<storage, read> rotation: array<vec2<f32>>;  // (positions, PAIRS): cos, sin
@group(0) @binding(1) var<storage, read> step: array<Row>;            // (N)
@group(0) @binding(2) var<storage, read_write> qkv: array<f32>;       // (N, (HEADS + 2 KV_HEADS) * HEAD_DIM)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.y;
  let slot = group.x * THREADS + thread;
  let head = slot / PAIRS;
  let pair = slot % PAIRS;
  if (head >= HEADS + KV_HEADS) {
    return;
  }
  let first = (row * (HEADS + 2 * KV_HEADS) + head) * HEAD_DIM + select(pair, 2 * pair, ADJACENT);
  let second = first + select(PAIRS, 1u, ADJACENT);
  let a = qkv[first];
  let b = qkv[second];
  let turn = rotation[step[row].position * PAIRS + pair];
  qkv[first] = a * turn.x - b * turn.y;
  qkv[second] = a * turn.y + b * turn.x;
}
