// A KV cache of f16: four values of a head in two words. Packing is core WGSL, so `shader-f16` is not needed.

alias KvWord = vec2<u32>;

override ENTRY = HEAD_QUADS;

// What lies past the largest half would be indeterminate
const LARGEST_HALF = vec4(65504.0);

fn toKv(values: vec4<f32>) -> KvWord {
  let halves = clamp(values, -LARGEST_HALF, LARGEST_HALF);
  return vec2(pack2x16float(halves.xy), pack2x16float(halves.zw));
}

fn fromKv(quad: KvWord) -> vec4<f32> {
  return vec4(unpack2x16float(quad.x), unpack2x16float(quad.y));
}
