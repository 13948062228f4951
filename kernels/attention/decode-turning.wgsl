// For attention-decode: q, k and v as the linear map gives them. Turning q here and putting the row's own k and v into
// the cache saves the dispatch that would do it, which takes longer than the work.

@group(0) @binding(0) var<storage, read> qkv: array<f32>;             // (N, ROW_HEADS * HEAD_DIM)
@group(0) @binding(7) var<storage, read> rotation: array<vec2<f32>>;  // (positions, ROTARY / 2): cos, sin

override UNITS = (HEAD_QUADS + UNIT - 1) / UNIT;

const NORMS = 8;

// `h` is the head's place in the block
fn query(row: u32, head: u32, h: u32, quad: u32) -> vec4<f32> {
  let position = step[row].position;
  return turnedQuad(row, head, quad, position) * (headFactor(h) * sharpness(position));
}

// Own k and v are written by every workgroup that reads them
fn cacheOwn(row: u32, kvHead: u32, thread: u32) {
  // From the last thread on, since the first ones turn q
  for (var i = THREADS - 1 - thread; i < 2 * UNITS; i += THREADS) {
    storeUnit(row, step[row], HEADS + kvHead + select(0u, KV_HEADS, i >= UNITS), i % UNITS * UNIT);
  }
}
