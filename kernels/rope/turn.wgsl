// A quad of a head of `qkv`, turned by the angles of a position
//
// Pairs of dimensions turn: (a, b) becomes (a cos - b sin, a sin + b cos). A pair is dimensions (2i, 2i + 1), or
// (i, i + ROTARY / 2) of a head. Dimensions from ROTARY on are left as they are. q is then multiplied by what its position
// asks for, `sharpness`: 1 + TEMPERATURE * ln(1 + floor((position + OFFSET) / LENGTH)), where scores are to stay sharp in
// long contexts.
//
// The kernel that this is joined to binds `qkv: array<f32>`, (N, ROW_HEADS * HEAD_DIM), with the heads of q, k and v side
// by side, and `rotation: array<vec2<f32>>`, (positions, ROTARY / 2) of (cos, sin). Other files say what q and k are multiplied
// by before they turn: dimensions (`weightOf`), and all of the own key (`keyFactor`).

override ROTARY: u32;
override ADJACENT: bool;
override TEMPERATURE: f32;  // 0 is none
override OFFSET: f32;
override LENGTH: f32;

// One where nothing turns, since a pipeline that would divide by zero is not made
override PAIRS = max(ROTARY / 2, 1u);
override ROW_HEADS = HEADS + 2 * KV_HEADS;

fn turned(row: u32, head: u32, d: u32, position: u32) -> f32 {
  if (d >= ROTARY) {
    return weighted(row, head, d);
  }
  let pair = select(d % PAIRS, d / 2, ADJACENT);
  let first = select(pair, 2 * pair, ADJACENT);
  let second = first + select(PAIRS, 1u, ADJACENT);
  let a = weighted(row, head, first);
  let b = weighted(row, head, second);
  let turn = rotation[position * PAIRS + pair];
  return select(a * turn.y + b * turn.x, a * turn.x - b * turn.y, d == first);
}

fn weighted(row: u32, head: u32, d: u32) -> f32 {
  return qkv[(row * ROW_HEADS + head) * HEAD_DIM + d] * weightOf(head, d);
}

fn turnedQuad(row: u32, head: u32, quad: u32, position: u32) -> vec4<f32> {
  let d = quad * 4;
  return vec4(
    turned(row, head, d, position),
    turned(row, head, d + 1, position),
    turned(row, head, d + 2, position),
    turned(row, head, d + 3, position),
  );
}

fn plainQuad(row: u32, head: u32, quad: u32) -> vec4<f32> {
  let start = (row * ROW_HEADS + head) * HEAD_DIM + quad * 4;
  return vec4(qkv[start], qkv[start + 1], qkv[start + 2], qkv[start + 3]);
}

fn sharpness(position: u32) -> f32 {
  if (TEMPERATURE == 0) {
    return 1.0;
  }
  return 1.0 + TEMPERATURE * log(1.0 + floor((f32(position) + OFFSET) / LENGTH));
}

// Quads `first` to `first + UNIT` of a head of k or v, those past its end zero, into the cache
fn storeUnit(row: u32, here: Row, head: u32, first: u32) {
  var quads = array<vec4<f32>, UNIT>();
  let isKey = head < HEADS + KV_HEADS;
  for (var i = 0u; i < min(UNIT, HEAD_QUADS - first); i++) {
    if (isKey) {
      quads[i] = turnedQuad(row, head, first + i, here.position) * keyFactor();
    } else {
      quads[i] = plainQuad(row, head, first + i);
    }
  }
  if (isKey) {
    storeKey(kvIndex(here.sequence, here.position, head - HEADS), first, quads);
  } else {
    storeValue(kvIndex(here.sequence, here.position, head - HEADS - KV_HEADS), first, quads);
  }
}
