// What the weighted values of a head are divided by, where there are no sinks
fn denominator(head: u32, peak: f32, sum: f32) -> f32 {
  return sum;
}
