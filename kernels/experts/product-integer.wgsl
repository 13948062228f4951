
// A unit of a row of w times that of row m of x
fn product(row: u32, m: u32, unit: u32) -> f32 {
  return dot32i(load32i(row, unit), inputs(m, unit));
}
