// A KV cache of f16 as kv-f16.wgsl keeps it, of heads of whole eights: a word is eight values, so that a thread asks for
// 16 bytes at once.

alias KvWord = vec4<u32>;

override ENTRY = HEAD_QUADS / 2;

// What lies past the largest half would be indeterminate
const LARGEST_HALF = vec4(65504.0);

fn toKv(low: vec4<f32>, high: vec4<f32>) -> KvWord {
  let a = clamp(low, -LARGEST_HALF, LARGEST_HALF);
  let b = clamp(high, -LARGEST_HALF, LARGEST_HALF);
  return vec4(pack2x16float(a.xy), pack2x16float(a.zw), pack2x16float(b.xy), pack2x16float(b.zw));
}
