// What kernels/quantize wrote, a unit at a time

@group(0) @binding(2) var<storage, read> x: array<vec4<u32>>; // (M, INPUTS)

override INPUTS: u32 = 2u * UNITS + (UNITS + 1u) / 2u;

fn prepare(thread: u32) {}

// A unit of row m: the last row past M
fn inputs(m: u32, unit: u32) -> Inputs {
  let line = min(m, counts.x - 1u) * INPUTS;
  let pair = bitcast<vec4<f32>>(x[line + 2u * UNITS + unit / 2u]);
  let scales = select(pair.xy, pair.zw, (unit & 1u) == 1u);
  return Inputs(x[line + unit], x[line + UNITS + unit], scales.x, scales.y);
}
