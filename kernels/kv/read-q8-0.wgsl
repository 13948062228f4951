// Quads of the cache, brought back by their scale.

@group(0) @binding(1) var<storage, read> k: array<KvWord>;  // paged
@group(0) @binding(2) var<storage, read> v: array<KvWord>;  // paged

fn keyQuad(entry: u32, quad: u32) -> vec4<f32> {
  return dequantized(k[entry + quad], k[entry + HEAD_QUADS + quad / 8]);
}

fn valueQuad(entry: u32, quad: u32) -> vec4<f32> {
  return dequantized(v[entry + quad], v[entry + HEAD_QUADS + quad / 8]);
}
