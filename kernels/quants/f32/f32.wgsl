// F32
//
// quants: plane i of a row has the values 4i .. 4i + 3 of each unit

@group(0) @binding(0) var<storage, read> quants: array<vec4<u32>>; // (N, 8, UNITS)

fn load32(row: u32, unit: u32) -> array<vec4<f32>, 8> {
  let first = row * 8u * UNITS + unit;
  return array<vec4<f32>, 8>(
    bitcast<vec4<f32>>(quants[first]),
    bitcast<vec4<f32>>(quants[first + UNITS]),
    bitcast<vec4<f32>>(quants[first + 2u * UNITS]),
    bitcast<vec4<f32>>(quants[first + 3u * UNITS]),
    bitcast<vec4<f32>>(quants[first + 4u * UNITS]),
    bitcast<vec4<f32>>(quants[first + 5u * UNITS]),
    bitcast<vec4<f32>>(quants[first + 6u * UNITS]),
    bitcast<vec4<f32>>(quants[first + 7u * UNITS]),
  );
}
