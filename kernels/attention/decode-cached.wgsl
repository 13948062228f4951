// For attention-decode: q turned already, and everything in the cache

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;  // (N, HEADS, HEAD_QUADS)

fn startHeads(row: u32, firstHead: u32, heads: u32, kvHead: u32, thread: u32) {}

fn query(row: u32, head: u32, h: u32, quad: u32) -> vec4<f32> {
  return q[(row * HEADS + head) * HEAD_QUADS + quad];
}

fn cacheOwn(row: u32, kvHead: u32, thread: u32) {}
