// Rotary position embedding, and this step's keys and values into the KV cache
//
// Pairs of dimensions of q and k turn by the angle of their row's position: (a, b) becomes
// (a cos - b sin, a sin + b cos). A pair is dimensions (2i, 2i + 1), or (i, i + ROTARY / 2) of a head. Dimensions
// from ROTARY on, and v, are only moved. Then q is multiplied by what its position asks for: 1 + TEMPERATURE *
// ln(1 + floor((position + OFFSET) / LENGTH)), where scores are to stay sharp in long contexts.
//
// One thread per UNIT quads of a head; y is the row.

override HEADS: u32;
override ROTARY: u32;
override ADJACENT: bool;
override THREADS: u32;
override TEMPERATURE: f32;  // 0 is none
override OFFSET: f32;
override LENGTH: f32;

// One where nothing turns, since a pipeline that would divide by zero is not made
override PAIRS = max(ROTARY / 2, 1u);
override UNITS = (HEAD_QUADS + UNIT - 1) / UNIT;

@group(0) @binding(0) var<storage, read> qkv: array<f32>;              // (N, (HEADS + 2 KV_HEADS) * HEAD_DIM)
@group(0) @binding(1) var<storage, read> rotation: array<vec2<f32>>;   // (positions, ROTARY / 2): cos, sin
@group(0) @binding(2) var<storage, read> pages: array<u32>;            // (sequences, MAX_PAGES)
@group(0) @binding(3) var<storage, read> step: array<Row>;             // (N)
@group(0) @binding(4) var<storage, read_write> q: array<vec4<f32>>;    // (N, HEADS, HEAD_QUADS)

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

fn sharpness(position: u32) -> f32 {
  if (TEMPERATURE == 0) {
    return 1.0;
  }
  return 1.0 + TEMPERATURE * log(1.0 + floor((f32(position) + OFFSET) / LENGTH));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.y;
  let slot = group.x * THREADS + thread;
  let head = slot / UNITS;
  let first = slot % UNITS * UNIT;
  if (head >= HEADS + 2 * KV_HEADS) {
    return;
  }

  let here = step[row];
  let start = (row * (HEADS + 2 * KV_HEADS) + head) * HEAD_DIM;
  var quads = array<vec4<f32>, UNIT>();
  for (var i = 0u; i < min(UNIT, HEAD_QUADS - first); i++) {
    let d = (first + i) * 4;
    if (head < HEADS + KV_HEADS) {
      quads[i] = rotatedQuad(start, d, here.position);
    } else {
      quads[i] = vec4(qkv[start + d], qkv[start + d + 1], qkv[start + d + 2], qkv[start + d + 3]);
    }
  }
  if (head < HEADS) {
    for (var i = 0u; i < min(UNIT, HEAD_QUADS - first); i++) {
      q[(row * HEADS + head) * HEAD_QUADS + first + i] = quads[i] * sharpness(here.position);
    }
  } else if (head < HEADS + KV_HEADS) {
    storeKey(kvIndex(here.sequence, here.position, head - HEADS), first, quads);
  } else {
    storeValue(kvIndex(here.sequence, here.position, head - HEADS - KV_HEADS), first, quads);
  }
}
