// The row of x as it is

@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>; // (K)

fn start_row(thread: u32) {}

fn four_of_row(four: u32) -> vec4<f32> {
  return x[four];
}
