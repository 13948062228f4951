// Threads that work together, without subgroups: LANES is 1, so that a thread has a position's key to itself.

override PEAKS = 16u;

fn sumLanes(values: vec4<f32>) -> vec4<f32> {
  return values;
}

// The highest scores of parts of the tile, into `peaks`; waits for them and for `weights`
fn sharePeaks(own: vec4<f32>, count: u32, thread: u32) {
  workgroupBarrier();
  if (thread < PEAKS) {
    var highest = vec4(LOWEST);
    for (var p = thread; p < count; p += PEAKS) {
      highest = max(highest, weights[p]);
    }
    peaks[thread] = highest;
  }
  workgroupBarrier();
}
