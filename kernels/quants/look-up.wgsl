// Tables: w = scale * table[q], with q of 4 bits
//
// The type declares `quants`, in which byte i of a unit's 16 has values i (low nibble) and 16 + i, `unit_scale`, and
// the table's signed bytes plus 128 as the words of TABLE.

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let s = vec2<f32>(unit_scale(row, unit));
  return bytes32(look_up32(quants[row * UNITS + unit]), s, -128.0 * s);
}

// Word i has the table's bytes for values 4i .. 4i + 3
fn look_up32(q: vec4<u32>) -> array<u32, 8> {
  return array<u32, 8>(
    look_up(q.x),
    look_up(q.y),
    look_up(q.z),
    look_up(q.w),
    look_up(q.x >> 4u),
    look_up(q.y >> 4u),
    look_up(q.z >> 4u),
    look_up(q.w >> 4u),
  );
}

// By the low nibble of each byte
fn look_up(word: u32) -> u32 {
  let q = vec4<u32>(word) >> BYTES;
  let is_odd = (q & vec4<u32>(4u)) != vec4<u32>();
  let low = select(vec4<u32>(TABLE.x), vec4<u32>(TABLE.y), is_odd);
  let high = select(vec4<u32>(TABLE.z), vec4<u32>(TABLE.w), is_odd);
  let words = select(low, high, (q & vec4<u32>(8u)) != vec4<u32>());
  return join_bytes((words >> ((q & vec4<u32>(3u)) * 8u)) & vec4<u32>(255u));
}
