// What all of mat-vec and mat-mul have in common: out[m, n] = sum over k of w[n, k] * x[m, k]

override N: u32;           // rows of w
override ADD: bool;        // to what `out` holds
override OUT_STRIDE: u32;  // values per row of `out`
override OUT_OFFSET: u32;  // where in it row 0 of w goes

@group(0) @binding(3) var<storage, read_write> out: array<f32>; // (M, OUT_STRIDE)
@group(0) @binding(4) var<uniform> counts: vec4<u32>;           // M

fn write(m: u32, n: u32, value: f32) {
  if (m < counts.x && n < N) {
    let at = m * OUT_STRIDE + OUT_OFFSET + n;
    if (ADD) {
      out[at] += value;
    } else {
      out[at] = value;
    }
  }
}
