// Tables (look-up.wgsl) as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let words = look_up32(quants[row * UNITS + unit]);
  // Turning the sign bit over takes the 128 away
  return Integers(
    vec4<u32>(words[0], words[1], words[2], words[3]) ^ vec4<u32>(0x80808080u),
    vec4<u32>(words[4], words[5], words[6], words[7]) ^ vec4<u32>(0x80808080u),
    vec2<f32>(unit_scale(row, unit)),
    0.0,
  );
}
