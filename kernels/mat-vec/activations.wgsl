// x in f32, four values at a time

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // (M, K)

// Four values of row m of x: zeros past K, the last row past M
fn read_x(m: u32, four: u32) -> Four {
  if (K % 32u != 0u && four >= K / 4u) {
    return Four();
  }
  return narrow(x[min(m, counts.x - 1u) * (K / 4u) + four]);
}
