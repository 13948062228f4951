// The row of x as it is

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // (K)

// What `four_of_row` is yet to be multiplied by
fn start_row(thread: u32) -> f32 {
  return 1.0;
}

fn four_of_row(four: u32) -> vec4<f32> {
  return x[four];
}
