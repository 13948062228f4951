// The chunks of `attention-decode`, merged: each counts by its weights relative to the highest score of all.
//
// One workgroup per (head, row). Its threads are SPLITS times HEAD_QUADS: a split takes every SPLITS-th chunk of
// one quad, then the first split adds the splits up.

override HEAD_DIM: u32;
override THREADS: u32;  // at least HEAD_QUADS

override HEAD_QUADS = HEAD_DIM / 4;
override SPLITS = THREADS / HEAD_QUADS;

const SINKS = 3;

@group(0) @binding(0) var<storage, read> partials: array<vec4<f32>>;   // (chunks, N, HEADS, HEAD_QUADS + 1)
@group(0) @binding(1) var<storage, read> step: array<Row>;             // (N)
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;  // (N, HEADS, HEAD_QUADS)

var<workgroup> peaks: array<f32, SPLITS>;
var<workgroup> sums: array<f32, SPLITS>;
var<workgroup> merged: array<vec4<f32>, SPLITS * HEAD_QUADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let position = step[group.y].position;
  if (isAlone(position)) {
    return;
  }
  let chunks = (visible(position) - 1) / chunkOf(position) + 1;
  let head = group.y * HEADS + group.x;
  let split = thread / HEAD_QUADS;
  let quad = thread % HEAD_QUADS;

  var peak = LOWEST;
  var sum = 0.0;
  var values = vec4<f32>();
  if (split < SPLITS) {
    for (var chunk = split; chunk < chunks; chunk += SPLITS) {
      let partial = (chunk * groups.y * HEADS + head) * (HEAD_QUADS + 1);
      let weights = partials[partial + HEAD_QUADS];
      let next = max(peak, weights.x);
      let shrink = exp2(peak - next);
      let share = exp2(weights.x - next);
      peak = next;
      sum = sum * shrink + weights.y * share;
      values = values * shrink + partials[partial + quad] * share;
    }
    if (quad == 0) {
      peaks[split] = peak;
      sums[split] = sum;
    }
    merged[split * HEAD_QUADS + quad] = values;
  }
  workgroupBarrier();
  if (split > 0) {
    return;
  }

  for (var s = 0u; s < SPLITS; s++) {
    peak = max(peak, peaks[s]);
  }
  sum = 0.0;
  values = vec4<f32>();
  for (var s = 0u; s < SPLITS; s++) {
    let share = exp2(peaks[s] - peak);
    sum += sums[s] * share;
    values += merged[s * HEAD_QUADS + quad] * share;
  }
  out[head * HEAD_QUADS + quad] = values / denominator(group.x, peak, sum);
}
