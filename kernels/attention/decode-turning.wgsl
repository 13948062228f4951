// For attention-decode: q, k and v as the linear map gives them. Turning q here and putting the row's own k and v into
// the cache saves the dispatch that would do it, which takes longer than the work.

@group(0) @binding(0) var<storage, read> qkv: array<f32>;             // (N, ROW_HEADS * HEAD_DIM)
@group(0) @binding(7) var<storage, read> rotation: array<vec2<f32>>;  // (positions, ROTARY / 2): cos, sin

override UNITS = (HEAD_QUADS + UNIT - 1) / UNIT;

// The block's queries lie in `merged` until they are read. Own k and v are written by every workgroup that reads them.
fn start(row: u32, kvHead: u32, firstHead: u32, heads: u32, isOwn: bool, thread: u32) {
  let here = step[row];
  for (var i = thread; i < heads * HEAD_QUADS; i += THREADS) {
    let turned = turnedQuad(row, firstHead + i / HEAD_QUADS, i % HEAD_QUADS, here.position);
    merged[i] = turned * sharpness(here.position);
  }
  if (isOwn) {
    // From the last thread on, so that other threads do it
    for (var i = THREADS - 1 - thread; i < 2 * UNITS; i += THREADS) {
      let head = HEADS + kvHead + select(0u, KV_HEADS, i >= UNITS);
      storeUnit(row, here, head, i % UNITS * UNIT);
    }
  }
  storageBarrier();
  workgroupBarrier();
}

// Of head `h` of the block
fn query(row: u32, firstHead: u32, h: u32, quad: u32) -> vec4<f32> {
  return merged[h * HEAD_QUADS + quad];
}
