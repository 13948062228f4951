// q and k turn as the linear map gives them

fn startHeads(row: u32, firstHead: u32, heads: u32, kvHead: u32, thread: u32) {}

fn headFactor(h: u32) -> f32 {
  return 1.0;
}

fn keyFactor() -> f32 {
  return 1.0;
}
