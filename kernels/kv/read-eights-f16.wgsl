// Eights of the cache, as they are kept until they are used: that takes fewer registers while memory is waited for.

alias KvEight = vec4<u32>;

fn keyEight(entry: u32, eighth: u32) -> KvEight {
  return k[entry + eighth];
}

fn valueEight(entry: u32, eighth: u32) -> KvEight {
  return v[entry + eighth];
}

fn lowOf(eight: KvEight) -> vec4<f32> {
  return vec4(unpack2x16float(eight.x), unpack2x16float(eight.y));
}

fn highOf(eight: KvEight) -> vec4<f32> {
  return vec4(unpack2x16float(eight.z), unpack2x16float(eight.w));
}
