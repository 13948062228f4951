// A KV cache of int8: of each 32 values of a head (the last of a head may be fewer) the largest is ±127, and a scale in
// f32 brings them back. An entry is the head's quads, a word each, then a scale for every eight of them.

alias KvWord = u32;

override ENTRY = HEAD_QUADS + (HEAD_QUADS + 7) / 8;

fn quantized(values: vec4<f32>, scale: f32) -> KvWord {
  return pack4xI8(vec4<i32>(round(values * select(1.0 / scale, 0.0, scale == 0))));
}

fn dequantized(quad: KvWord, scale: KvWord) -> vec4<f32> {
  return bitcast<f32>(scale) * vec4<f32>(unpack4xI8(quad));
}
