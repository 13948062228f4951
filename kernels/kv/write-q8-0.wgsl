// Quads into the cache, eight with one scale. What lies past the head's end is zero, and not stored.

const UNIT = 8u;

fn storeKey(entry: u32, quad: u32, values: array<vec4<f32>, UNIT>) {
  let scale = scaleOf(values);
  k[entry + HEAD_QUADS + quad / UNIT] = bitcast<u32>(scale);
  for (var i = 0u; i < min(UNIT, HEAD_QUADS - quad); i++) {
    k[entry + quad + i] = quantized(values[i], scale);
  }
}

fn storeValue(entry: u32, quad: u32, values: array<vec4<f32>, UNIT>) {
  let scale = scaleOf(values);
  v[entry + HEAD_QUADS + quad / UNIT] = bitcast<u32>(scale);
  for (var i = 0u; i < min(UNIT, HEAD_QUADS - quad); i++) {
    v[entry + quad + i] = quantized(values[i], scale);
  }
}

fn scaleOf(values: array<vec4<f32>, UNIT>) -> f32 {
  var largest = vec4<f32>();
  for (var i = 0u; i < UNIT; i++) {
    largest = max(largest, abs(values[i]));
  }
  return max(max(largest.x, largest.y), max(largest.z, largest.w)) / 127.0;
}
