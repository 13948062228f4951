// Eights of the cache with their scale, brought back when they are used

struct KvEight {
  low: u32,
  high: u32,
  scale: u32,
}

fn keyEight(entry: u32, eighth: u32) -> KvEight {
  let at = entry + 2 * eighth;
  return KvEight(k[at], k[at + 1], k[entry + HEAD_QUADS + eighth / 4]);
}

fn valueEight(entry: u32, eighth: u32) -> KvEight {
  let at = entry + 2 * eighth;
  return KvEight(v[at], v[at + 1], v[entry + HEAD_QUADS + eighth / 4]);
}

fn lowOf(eight: KvEight) -> vec4<f32> {
  return dequantized(eight.low, eight.scale);
}

fn highOf(eight: KvEight) -> vec4<f32> {
  return dequantized(eight.high, eight.scale);
}
