// A KV cache of f32: four values of a head in one vec4.

alias KvWord = vec4<f32>;

override ENTRY = HEAD_QUADS;

fn toKv(values: vec4<f32>) -> KvWord {
  return values;
}

fn fromKv(quad: KvWord) -> vec4<f32> {
  return quad;
}
