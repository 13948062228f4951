// Quads of the cache, brought back by their scale.

fn keyQuad(entry: u32, quad: u32) -> vec4<f32> {
  return dequantized(k[entry + quad], k[entry + HEAD_QUADS + quad / 8]);
}

fn valueQuad(entry: u32, quad: u32) -> vec4<f32> {
  return dequantized(v[entry + quad], v[entry + HEAD_QUADS + quad / 8]);
}
