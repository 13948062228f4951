// For attention-decode: q, k and v as the linear map gives them. Turning q here and putting the row's own k and v into
// the cache saves the dispatch that would do it, which takes longer than the work.

@group(0) @binding(0) var<storage, read> qkv: array<f32>;             // (N, ROW_HEADS * HEAD_DIM)
@group(0) @binding(1) var<storage, read_write> k: array<KvQuad>;      // paged
@group(0) @binding(2) var<storage, read_write> v: array<KvQuad>;      // paged
@group(0) @binding(7) var<storage, read> rotation: array<vec2<f32>>;  // (positions, ROTARY / 2): cos, sin

fn query(row: u32, head: u32, quad: u32, position: u32) -> vec4<f32> {
  return turnedQuad(row, head, quad, position);
}

// Every workgroup that reads them writes them, and the same
fn cacheOwn(row: u32, kvHead: u32, thread: u32) {
  let here = step[row];
  let at = kvIndex(here.sequence, here.position, kvHead);
  for (var i = thread; i < 2 * HEAD_QUADS; i += THREADS) {
    if (i < HEAD_QUADS) {
      k[at + i] = toKv(turnedQuad(row, HEADS + kvHead, i, here.position));
    } else {
      let quad = i - HEAD_QUADS;
      v[at + quad] = toKv(plainQuad(row, HEADS + KV_HEADS + kvHead, quad));
    }
  }
  storageBarrier();
}
