// Threads that work together, by shuffles. Those of a one-dimensional workgroup lie in subgroups in their order; NEAR, a
// power of two, is the smallest subgroup that the adapter may choose. Control flow is uniform.

override NEAR: u32;
override PEAKS = THREADS / NEAR;

// The sum of `values` over the LANES threads (a power of two, at most NEAR) that work on one position
fn sumLanes(values: vec4<f32>) -> vec4<f32> {
  var sum = values;
  for (var distance = LANES / 2; distance > 0; distance /= 2) {
    sum += subgroupShuffleXor(sum, distance);
  }
  return sum;
}

// All threads' highest scores, into `peaks`; waits for them and for `weights`
fn sharePeaks(own: vec4<f32>, count: u32, thread: u32) {
  var highest = own;
  for (var distance = LANES; distance < NEAR; distance *= 2) {
    highest = max(highest, subgroupShuffleXor(highest, distance));
  }
  if (thread % NEAR == 0) {
    peaks[thread / NEAR] = highest;
  }
  workgroupBarrier();
}
