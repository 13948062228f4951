// Quads of the cache, where a word is one.

fn keyQuad(entry: u32, quad: u32) -> vec4<f32> {
  return fromKv(k[entry + quad]);
}

fn valueQuad(entry: u32, quad: u32) -> vec4<f32> {
  return fromKv(v[entry + quad]);
}
