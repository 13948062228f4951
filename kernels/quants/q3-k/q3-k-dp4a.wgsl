// Q3_K as integers: q - 4 as signed bytes, a scale for each 16

const TWO_SCALES = true;

fn load32i(row: u32, unit: u32) -> Integers {
  let words = three_bits(row, unit);
  return Integers(
    less4(vec4<u32>(words[0], words[1], words[2], words[3])),
    less4(vec4<u32>(words[4], words[5], words[6], words[7])),
    three_bit_scales(row, unit),
    0.0,
  );
}

// 4 off each byte of 0..7: with the sign bit set first, no byte borrows from the next
fn less4(bytes: vec4<u32>) -> vec4<u32> {
  return ((bytes | vec4<u32>(0x80808080u)) - vec4<u32>(0x04040404u)) ^ vec4<u32>(0x80808080u);
}
