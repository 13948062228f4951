
// A unit of a row of w times that of row m of x
fn product(row: u32, m: u32, unit: u32) -> f32 {
  let four = unit * 8u;
  let values = Values(
    read_x(m, four),
    read_x(m, four + 1u),
    read_x(m, four + 2u),
    read_x(m, four + 3u),
    read_x(m, four + 4u),
    read_x(m, four + 5u),
    read_x(m, four + 6u),
    read_x(m, four + 7u),
  );
  return dot32(weights(row, unit), values);
}
