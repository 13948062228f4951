// For attention-decode: q turned already, and everything in the cache

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;  // (N, HEADS, HEAD_QUADS)

fn start(row: u32, kvHead: u32, firstHead: u32, heads: u32, isOwn: bool, thread: u32) {}

// Of head `h` of the block
fn query(row: u32, firstHead: u32, h: u32, quad: u32) -> vec4<f32> {
  return q[(row * HEADS + firstHead + h) * HEAD_QUADS + quad];
}
