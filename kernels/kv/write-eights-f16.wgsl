// Quads into the cache, two to a word

const UNIT = 2u;

fn storeKey(entry: u32, quad: u32, values: array<vec4<f32>, UNIT>) {
  k[entry + quad / UNIT] = toKv(values[0], values[1]);
}

fn storeValue(entry: u32, quad: u32, values: array<vec4<f32>, UNIT>) {
  v[entry + quad / UNIT] = toKv(values[0], values[1]);
}
