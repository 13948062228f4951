// The sum of `values` over the LANES threads that work on one position, where there are no subgroups.

var<workgroup> laneValues: array<vec4<f32>, THREADS>;

fn sumLanes(values: vec4<f32>, thread: u32) -> vec4<f32> {
  laneValues[thread] = values;
  workgroupBarrier();
  var sum = vec4<f32>();
  for (var lane = 0u; lane < LANES; lane++) {
    sum += laneValues[thread / LANES * LANES + lane];
  }
  workgroupBarrier();
  return sum;
}

// Without subgroups NEAR is LANES, and nothing is asked of neighbours.
fn ofNeighbour(value: vec4<f32>, distance: u32) -> vec4<f32> {
  return value;
}
