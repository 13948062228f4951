fn weightOf(head: u32, d: u32) -> f32 {
  return 1.0;
}
