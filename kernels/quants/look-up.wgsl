// Nibbles as indices into a table of 16 bytes, which are the words of TABLE

// Word i has the bytes of values 4i .. 4i + 3, for values 0..15 in the low nibbles of 16 bytes, 16..31 in the high ones
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
