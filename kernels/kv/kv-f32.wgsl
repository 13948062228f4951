// A KV cache of f32: four values of a head in one vec4.

alias KvQuad = vec4<f32>;

fn toKv(values: vec4<f32>) -> KvQuad {
  return values;
}

fn fromKv(quad: KvQuad) -> vec4<f32> {
  return quad;
}
