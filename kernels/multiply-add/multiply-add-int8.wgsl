// Multiply-add in int8: each of a thread's 16 sums grows by the product of four int8 of its own bits with four of the
// factor's, TURNS times; out = their total, in wrapping i32
//
// As multiply-add.wgsl, for what dot4I8Packed can do at best.

override TURNS: u32;

@group(0) @binding(0) var<storage, read> factors: array<u32>;    // (64)
@group(0) @binding(1) var<storage, read_write> out: array<i32>;  // (threads)

fn added(sums: vec4<i32>, factor: u32) -> vec4<i32> {
  let bits = bitcast<vec4<u32>>(sums);
  return sums + vec4(
    dot4I8Packed(bits.x, factor),
    dot4I8Packed(bits.y, factor),
    dot4I8Packed(bits.z, factor),
    dot4I8Packed(bits.w, factor),
  );
}

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let factor = factors[lane];
  var a = vec4(1, 2, 3, 4);
  var b = vec4(5, 6, 7, 8);
  var c = vec4(9, 10, 11, 12);
  var d = vec4(13, 14, 15, 16);
  for (var turn = 0u; turn < TURNS; turn++) {
    a = added(a, factor);
    b = added(b, factor);
    c = added(c, factor);
    d = added(d, factor);
  }
  let sums = a + b + c + d;
  out[id.x] = sums.x + sums.y + sums.z + sums.w;
}
