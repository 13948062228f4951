enable subgroups;

// The sum of `values` over the LANES threads (a power of two, at most the subgroup) that work on one position.
// Threads of a one-dimensional workgroup lie in subgroups in their order. Control flow is uniform.
fn sumLanes(values: vec4<f32>, thread: u32) -> vec4<f32> {
  var sum = values;
  for (var distance = LANES / 2; distance > 0; distance /= 2) {
    sum += subgroupShuffleXor(sum, distance);
  }
  return sum;
}

// What the thread whose index differs by the bit `distance` has. Control flow is uniform.
fn ofNeighbour(value: vec4<f32>, distance: u32) -> vec4<f32> {
  return subgroupShuffleXor(value, distance);
}
