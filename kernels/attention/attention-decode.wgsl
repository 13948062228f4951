// Attention for few rows on a real GPU: reading the cache is all the work, so it is read once for up to four heads
// that share it, and by as many workgroups as it takes to fill the GPU.
//
// One workgroup per (BLOCK heads of a group, row, chunk of visible positions). Its threads are STREAMS times LANES: a
// stream takes every STREAMS-th position of the chunk, AT_ONCE of them a round, a lane every LANES-th quad of the head.
// At the end the streams are merged, first those of NEAR neighbouring threads by shuffles, then the rest through
// workgroup memory: into `out` if the row has one chunk, else into `partials`, for `attention-combine`.
//
// Another file says where q comes from: `start` and `query`.

override BLOCK: u32;    // 1–4
override LANES: u32;
override NEAR: u32;     // a multiple of LANES
override THREADS: u32;
override HELD: u32;     // heads that are merged at once
override AT_ONCE: u32;  // AT_ONCE * LANE_QUADS is MAX_QUADS at most

override GROUP = HEADS / KV_HEADS;
override BLOCKS = (GROUP + BLOCK - 1) / BLOCK;
override STREAMS = THREADS / LANES;
override LANE_QUADS = (HEAD_QUADS + LANES - 1) / LANES;
override MERGES = THREADS / NEAR;

const SINKS = 7;

@group(0) @binding(3) var<storage, read> pages: array<u32>;                 // (sequences, MAX_PAGES)
@group(0) @binding(4) var<storage, read> step: array<Row>;                  // (N)
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;       // (N, HEADS, HEAD_QUADS)
// (chunks, N, HEADS, HEAD_QUADS + 1): weighted values, then (peak, sum of weights, 0, 0)
@group(0) @binding(6) var<storage, read_write> partials: array<vec4<f32>>;

// Of NEAR threads; a component is a head of the block
var<workgroup> peaks: array<vec4<f32>, MERGES>;
var<workgroup> sums: array<vec4<f32>, MERGES>;
var<workgroup> merged: array<vec4<f32>, MERGES * HELD * HEAD_QUADS>;

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
  let chunk = chunkOf(here.position);
  let first = firstVisible(here.position) + group.z * chunk;
  let end = min(first + chunk, here.position + 1);
  if (first >= end) {
    return;
  }
  start(row, kvHead, firstHead, heads, end == here.position + 1, thread);

  let lane = thread % LANES;
  let stream = thread / LANES;
  var queries: array<vec4<f32>, MAX_LANE_QUADS * 4>;
  for (var i = 0u; i < LANE_QUADS; i++) {
    let quad = lane + i * LANES;
    for (var h = 0u; h < BLOCK; h++) {
      if (quad < HEAD_QUADS && h < heads) {
        queries[i * 4 + h] = query(row, firstHead, h, quad) * (SCALE * LOG2_E);
      }
    }
  }

  var peak = vec4(LOWEST);
  var sum = vec4<f32>();
  var values: array<vec4<f32>, MAX_LANE_QUADS * 4>;
  for (var base = first; base < end; base += AT_ONCE * STREAMS) {
    // All threads go all rounds, since lanes are summed together. What a round reads is asked for at its begin.
    var keys: array<vec4<f32>, MAX_QUADS>;
    var seen: array<vec4<f32>, MAX_QUADS>;
    for (var p = 0u; p < AT_ONCE; p++) {
      let at = kvIndex(here.sequence, min(base + p * STREAMS + stream, end - 1), kvHead);
      for (var i = 0u; i < LANE_QUADS; i++) {
        // Past the head's end the query is zero, and what comes of the value is dropped
        let quad = min(lane + i * LANES, HEAD_QUADS - 1);
        keys[p * LANE_QUADS + i] = keyQuad(at, quad);
        seen[p * LANE_QUADS + i] = valueQuad(at, quad);
      }
    }
    for (var p = 0u; p < AT_ONCE; p++) {
      var scores = vec4<f32>();
      for (var i = 0u; i < LANE_QUADS; i++) {
        for (var h = 0u; h < BLOCK; h++) {
          scores[h] += dot(queries[i * 4 + h], keys[p * LANE_QUADS + i]);
        }
      }
      scores = capped(sumLanes(scores, thread));
      if (base + p * STREAMS + stream < end) {
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
          for (var h = 0u; h < BLOCK; h++) {
            values[i * 4 + h] += weights[h] * seen[p * LANE_QUADS + i];
          }
        }
      }
    }
  }

  for (var distance = LANES; distance < NEAR; distance *= 2u) {
    let next = max(peak, ofNeighbour(peak, distance));
    let share = exp2(peak - next);
    peak = next;
    sum *= share;
    sum += ofNeighbour(sum, distance);
    for (var i = 0u; i < LANE_QUADS; i++) {
      for (var h = 0u; h < BLOCK; h++) {
        let scaled = values[i * 4 + h] * share[h];
        values[i * 4 + h] = scaled + ofNeighbour(scaled, distance);
      }
    }
  }

  let merge = thread / NEAR;
  if (thread % NEAR == 0) {
    peaks[merge] = peak;
    sums[merge] = sum;
  }
  for (var held = 0u; held < heads; held += HELD) {
    // What the last round, or `start`, had there has been read
    workgroupBarrier();
    let count = min(HELD, heads - held);
    if (thread % NEAR < LANES) {
      for (var i = 0u; i < LANE_QUADS; i++) {
        let quad = lane + i * LANES;
        for (var h = 0u; h < BLOCK; h++) {
          if (quad < HEAD_QUADS && h >= held && h < held + count) {
            merged[(merge * HELD + h - held) * HEAD_QUADS + quad] = values[i * 4 + h];
          }
        }
      }
    }
    workgroupBarrier();
    for (var i = thread; i < count * HEAD_QUADS; i += THREADS) {
      let h = i / HEAD_QUADS;
      let head = firstHead + held + h;
      let partial = (group.z * groups.y * HEADS + row * HEADS + head) * (HEAD_QUADS + 1);
      writeQuad(row, head, partial, held + h, h, i % HEAD_QUADS);
    }
  }
}

// One quad of head `h` of the block, which is the `held`-th in `merged`
fn writeQuad(row: u32, head: u32, partial: u32, h: u32, held: u32, quad: u32) {
  var peak = LOWEST;
  for (var m = 0u; m < MERGES; m++) {
    peak = max(peak, peaks[m][h]);
  }
  var sum = 0.0;
  var total = vec4<f32>();
  for (var m = 0u; m < MERGES; m++) {
    let share = exp2(peaks[m][h] - peak);
    sum += sums[m][h] * share;
    total += merged[(m * HELD + held) * HEAD_QUADS + quad] * share;
  }
  if (isAlone(step[row].position)) {
    out[(row * HEADS + head) * HEAD_QUADS + quad] = total / denominator(head, peak, sum);
    return;
  }
  partials[partial + quad] = total;
  if (quad == 0) {
    partials[partial + HEAD_QUADS] = vec4(peak, sum, 0.0, 0.0);
  }
}
