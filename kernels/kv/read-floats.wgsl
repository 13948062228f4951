// Quads of the cache, where a word is one.

@group(0) @binding(1) var<storage, read> k: array<KvWord>;  // paged
@group(0) @binding(2) var<storage, read> v: array<KvWord>;  // paged

fn keyQuad(entry: u32, quad: u32) -> vec4<f32> {
  return fromKv(k[entry + quad]);
}

fn valueQuad(entry: u32, quad: u32) -> vec4<f32> {
  return fromKv(v[entry + quad]);
}
