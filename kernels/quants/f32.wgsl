// Arithmetic in f32

alias Four = vec4<f32>;
alias Values = array<Four, 8>;

fn weights(row: u32, unit: u32) -> Values {
  return load32(row, unit);
}

fn narrow(values: vec4<f32>) -> Four {
  return values;
}

// Where the fours of a line of 8 lie in workgroup memory, so that threads which read the same four of
// neighbouring lines read from different banks
fn slot(line: u32, four: u32) -> u32 {
  return line * 8u + (four ^ (line & 7u));
}

fn dot4(a: Four, b: Four, sum: f32) -> f32 {
  return a.w * b.w + (a.z * b.z + (a.y * b.y + (a.x * b.x + sum)));
}

fn dot32(a: Values, b: Values) -> f32 {
  var sums = a[0] * b[0];
  sums = a[1] * b[1] + sums;
  sums = a[2] * b[2] + sums;
  sums = a[3] * b[3] + sums;
  sums = a[4] * b[4] + sums;
  sums = a[5] * b[5] + sums;
  sums = a[6] * b[6] + sums;
  sums = a[7] * b[7] + sums;
  return (sums.x + sums.y) + (sums.z + sums.w);
}
