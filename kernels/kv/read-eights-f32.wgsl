// Eights of the cache

struct KvEight {
  low: vec4<f32>,
  high: vec4<f32>,
}

fn keyEight(entry: u32, eighth: u32) -> KvEight {
  return KvEight(k[entry + 2 * eighth], k[entry + 2 * eighth + 1]);
}

fn valueEight(entry: u32, eighth: u32) -> KvEight {
  return KvEight(v[entry + 2 * eighth], v[entry + 2 * eighth + 1]);
}

fn lowOf(eight: KvEight) -> vec4<f32> {
  return eight.low;
}

fn highOf(eight: KvEight) -> vec4<f32> {
  return eight.high;
}
