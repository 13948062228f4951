// Arithmetic in f16, with sums of more than a few products in f32

alias Four = vec4<f16>;
alias Values = array<Four, 8>;

fn weights(row: u32, unit: u32) -> Values {
  return load32h(row, unit);
}

// In the order of `load32h`
fn narrow(values: vec4<f32>) -> Four {
  return Four(values.xzyw);
}

// As in f32.wgsl. A line is half as long, so it is pairs of lines that share the banks
fn slot(line: u32, four: u32) -> u32 {
  return line * 8u + (four ^ ((line >> 1u) & 7u));
}

fn dot4(a: Four, b: Four, sum: f32) -> f32 {
  return f32(dot(a, b)) + sum;
}

fn dot32(a: Values, b: Values) -> f32 {
  let sums = vec4<f32>(a[0] * b[0] + a[1] * b[1])
    + vec4<f32>(a[2] * b[2] + a[3] * b[3])
    + vec4<f32>(a[4] * b[4] + a[5] * b[5])
    + vec4<f32>(a[6] * b[6] + a[7] * b[7]);
  return (sums.x + sums.y) + (sums.z + sums.w);
}
