// Ternary types as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let words = trits(row, unit);
  let d = ternary_scale(row, unit);
  return Integers(
    vec4<u32>(words[0], words[1], words[2], words[3]),
    vec4<u32>(words[4], words[5], words[6], words[7]),
    vec2<f32>(d),
    -d,
  );
}
