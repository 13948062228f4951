// Weights and x in f16, which is half the registers and workgroup memory; products and sums in f32, without which a model's
// logits are off by twice as much as by the rounding of x alone

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
  return dot(vec4<f32>(a), vec4<f32>(b)) + sum;
}

fn dot32(a: Values, b: Values) -> f32 {
  var sums = vec4<f32>();
  for (var i = 0u; i < 8u; i++) {
    sums += vec4<f32>(a[i]) * vec4<f32>(b[i]);
  }
  return (sums.x + sums.y) + (sums.z + sums.w);
}
