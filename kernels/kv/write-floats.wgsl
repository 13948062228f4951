// Quads into the cache, where a word is one.

const UNIT = 1u;

fn storeKey(entry: u32, quad: u32, values: array<vec4<f32>, UNIT>) {
  k[entry + quad] = toKv(values[0]);
}

fn storeValue(entry: u32, quad: u32, values: array<vec4<f32>, UNIT>) {
  v[entry + quad] = toKv(values[0]);
}
