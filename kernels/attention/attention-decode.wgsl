// Attention for few rows on a real GPU: reading the cache is all the work, so it is read once for up to four heads
// that share it, and by as many workgroups as it takes to fill the GPU.
//
// One workgroup per (BLOCK heads of a group, row, CHUNK visible positions). Its threads are STREAMS times LANES: a
// stream takes every STREAMS-th position of the chunk, a lane every LANES-th quad of the head. At the end the
// streams are merged: into `out` if the dispatch has one chunk, else into `partials`, for `attention-combine`.
// Chunks are counted from the first visible position, so a row's sums do not depend on what else is in the step.

override BLOCK: u32;    // 1–4
override LANES: u32;
override THREADS: u32;
override CHUNK: u32;

override GROUP = HEADS / KV_HEADS;
override BLOCKS = (GROUP + BLOCK - 1) / BLOCK;
override STREAMS = THREADS / LANES;
override LANE_QUADS = (HEAD_QUADS + LANES - 1) / LANES;

const SINKS = 7;

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;  // (N, HEADS, HEAD_QUADS)
@group(0) @binding(3) var<storage, read> pages: array<u32>;    // (sequences, MAX_PAGES)
@group(0) @binding(4) var<storage, read> step: array<Row>;                  // (N)
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;       // (N, HEADS, HEAD_QUADS)
// (chunks, N, HEADS, HEAD_QUADS + 1): weighted values, then (peak, sum of weights, 0, 0)
@group(0) @binding(6) var<storage, read_write> partials: array<vec4<f32>>;

// Per stream; a component is a head of the block
var<workgroup> peaks: array<vec4<f32>, STREAMS>;
var<workgroup> sums: array<vec4<f32>, STREAMS>;
// Of one head
var<workgroup> merged: array<vec4<f32>, STREAMS * HEAD_QUADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let kvHead = group.x / BLOCKS;
  let firstHead = kvHead * GROUP + group.x % BLOCKS * BLOCK;
  let heads = min(BLOCK, (kvHead + 1) * GROUP - firstHead);
  let row = group.y;
  let here = step[row];
  let first = firstVisible(here.position) + group.z * CHUNK;
  let end = min(first + CHUNK, here.position + 1);
  if (first >= end) {
    return;
  }

  let lane = thread % LANES;
  let stream = thread / LANES;
  var queries: array<vec4<f32>, MAX_LANE_QUADS * 4>;
  for (var i = 0u; i < LANE_QUADS; i++) {
    let quad = lane + i * LANES;
    for (var h = 0u; h < BLOCK; h++) {
      if (quad < HEAD_QUADS && h < heads) {
        queries[i * 4 + h] = q[(row * HEADS + firstHead + h) * HEAD_QUADS + quad] * (SCALE * LOG2_E);
      }
    }
  }

  var peak = vec4(LOWEST);
  var sum = vec4<f32>();
  var values: array<vec4<f32>, MAX_LANE_QUADS * 4>;
  for (var base = first; base < end; base += STREAMS) {
    // All threads go all rounds, since lanes are summed together
    let position = base + stream;
    let at = kvIndex(here.sequence, min(position, end - 1), kvHead);
    var scores = vec4<f32>();
    for (var i = 0u; i < LANE_QUADS; i++) {
      // Past the head's end the query is zero, and what comes of the value is dropped
      let key = keyQuad(at, min(lane + i * LANES, HEAD_QUADS - 1));
      for (var h = 0u; h < BLOCK; h++) {
        scores[h] += dot(queries[i * 4 + h], key);
      }
    }
    scores = capped(sumLanes(scores, thread));
    if (position < end) {
      if (any(scores > peak)) {
        let next = max(scores, peak);
        let shrink = exp2(peak - next);
        peak = next;
        sum *= shrink;
        for (var i = 0u; i < LANE_QUADS; i++) {
          for (var h = 0u; h < BLOCK; h++) {
            values[i * 4 + h] *= shrink[h];
          }
        }
      }
      let weights = exp2(scores - peak);
      sum += weights;
      for (var i = 0u; i < LANE_QUADS; i++) {
        let value = valueQuad(at, min(lane + i * LANES, HEAD_QUADS - 1));
        for (var h = 0u; h < BLOCK; h++) {
          values[i * 4 + h] += weights[h] * value;
        }
      }
    }
  }

  if (lane == 0) {
    peaks[stream] = peak;
    sums[stream] = sum;
  }
  workgroupBarrier();
  var chunkPeak = vec4(LOWEST);
  for (var s = 0u; s < STREAMS; s++) {
    chunkPeak = max(chunkPeak, peaks[s]);
  }
  var chunkSum = vec4<f32>();
  for (var s = 0u; s < STREAMS; s++) {
    chunkSum += sums[s] * exp2(peaks[s] - chunkPeak);
  }

  let shrink = exp2(peak - chunkPeak);
  for (var h = 0u; h < heads; h++) {
    for (var i = 0u; i < LANE_QUADS; i++) {
      let quad = lane + i * LANES;
      if (quad < HEAD_QUADS) {
        merged[stream * HEAD_QUADS + quad] = values[i * 4 + h] * shrink[h];
      }
    }
    workgroupBarrier();
    let head = row * HEADS + firstHead + h;
    let partial = (group.z * groups.y * HEADS + head) * (HEAD_QUADS + 1);
    for (var quad = thread; quad < HEAD_QUADS; quad += THREADS) {
      var total = vec4<f32>();
      for (var s = 0u; s < STREAMS; s++) {
        total += merged[s * HEAD_QUADS + quad];
      }
      if (groups.z == 1) {
        out[head * HEAD_QUADS + quad] = total / denominator(firstHead + h, chunkPeak[h], chunkSum[h]);
      } else {
        partials[partial + quad] = total;
      }
    }
    if (groups.z > 1 && thread == 0) {
      partials[partial + HEAD_QUADS] = vec4(chunkPeak[h], chunkSum[h], 0.0, 0.0);
    }
    workgroupBarrier();
  }
}
