// Multiply-add: each of a thread's 16 sums becomes sum · factor + factor, TURNS times; out = their total
//
// The sums are apart from each other, so that arithmetic is all that there is
// to wait for: what the adapter's f32 can do at best, and so the ceiling that
// the profile compares with.

override TURNS: u32;

@group(0) @binding(0) var<storage, read> factors: array<f32>;    // (64)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;  // (threads)

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let factor = vec4(factors[lane]);
  var a = vec4(0.0);
  var b = vec4(1.0);
  var c = vec4(2.0);
  var d = vec4(3.0);
  for (var turn = 0u; turn < TURNS; turn++) {
    a = fma(a, factor, factor);
    b = fma(b, factor, factor);
    c = fma(c, factor, factor);
    d = fma(d, factor, factor);
  }
  let sums = a + b + c + d;
  out[id.x] = sums.x + sums.y + sums.z + sums.w;
}
