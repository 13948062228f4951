// 2 bit integers, two words a unit: bits 8b + 2i and the next of the first belong to value 4i + b, those of the
// second to value 16 + 4i + b

// Word i has the values 4i .. 4i + 3, a byte each
fn two_bits(q: vec2<u32>) -> array<u32, 8> {
  return array<u32, 8>(
    q.x & 0x03030303u,
    (q.x >> 2u) & 0x03030303u,
    (q.x >> 4u) & 0x03030303u,
    (q.x >> 6u) & 0x03030303u,
    q.y & 0x03030303u,
    (q.y >> 2u) & 0x03030303u,
    (q.y >> 4u) & 0x03030303u,
    (q.y >> 6u) & 0x03030303u,
  );
}
