// Attention for few rows on a real GPU: reading the cache is all the work, so it is read once for up to four heads
// that share it, and by as many workgroups as it takes to fill the GPU.
//
// One workgroup per (BLOCK heads of a group, row, chunk of visible positions). It takes THREADS positions at a time:
// LANES threads share a position's key, each a strided slice of its quads, until all scores are there; then each thread has a
// quad of the values of every SPLITS-th position. So the whole tile's memory is asked for twice, not once for each
// position. At the end the splits are merged, HELD heads at a time: into `out` if the row has one chunk, else into
// `partials`, for `attention-combine`.
//
// Other files say where q comes from (`startHeads`, `query`, `cacheOwn`) and how threads share (`sumLanes`, `sharePeaks`).

override LANES: u32;
override THREADS: u32;  // HEAD_QUADS at least
override HELD: u32;

override SPLITS = THREADS / HEAD_QUADS;

// Quads that a thread asks for at once, so that it waits for memory seldom
const AT_ONCE = 8u;

var<workgroup> places: array<u32, THREADS>;  // where a position's key and value begin
// A component of a vector is a head of the block
var<workgroup> weights: array<vec4<f32>, THREADS>;  // scores first, then what they weigh
var<workgroup> peaks: array<vec4<f32>, PEAKS>;
var<workgroup> sums: array<vec4<f32>, SPLITS>;
// The block's queries (BLOCK, HEAD_QUADS), and when they have been used the splits' values (SPLITS, HELD, HEAD_QUADS)
var<workgroup> held: array<vec4<f32>, max(BLOCK, SPLITS * HELD) * HEAD_QUADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = placeOf(group);
  if (place.first >= place.end) {
    return;
  }
  beginBlock(place, thread);

  let lane = thread % LANES;
  let quad = thread % HEAD_QUADS;
  let split = thread / HEAD_QUADS;
  var peak = vec4(LOWEST);
  var sum = vec4<f32>();
  var values: array<vec4<f32>, 4>;
  for (var base = place.first; base < place.end; base += THREADS) {
    let count = min(THREADS, place.end - base);
    places[thread] = kvIndex(place.sequence, base + min(thread, count - 1), place.kvHead);
    workgroupBarrier();
    var own = vec4(LOWEST);
    for (var round = 0u; round * THREADS < count * LANES; round++) {
      let p = (round * THREADS + thread) / LANES;
      let at = places[p];
      var scores = vec4<f32>();
      for (var start = lane; start < HEAD_QUADS; start += AT_ONCE * LANES) {
        var keys: array<vec4<f32>, AT_ONCE>;
        for (var i = 0u; i < AT_ONCE; i++) {
          keys[i] = keyQuad(at, min(start + i * LANES, HEAD_QUADS - 1));
        }
        for (var i = 0u; i < AT_ONCE; i++) {
          let quad = start + i * LANES;
          if (quad < HEAD_QUADS) {
            for (var h = 0u; h < BLOCK; h++) {
              scores[h] += dot(held[h * HEAD_QUADS + quad], keys[i]);
            }
          }
        }
      }
      scores = select(vec4(LOWEST), capped(sumLanes(scores)), p < count);
      own = max(own, scores);
      if (lane == 0) {
        weights[p] = scores;
      }
    }
    sharePeaks(own, count, thread);
    var next = peak;
    for (var i = 0u; i < PEAKS; i++) {
      next = max(next, peaks[i]);
    }
    weights[thread] = select(vec4<f32>(), exp2(weights[thread] - next), thread < count);
    workgroupBarrier();

    let shrink = exp2(peak - next);
    peak = next;
    sum *= shrink;
    for (var h = 0u; h < BLOCK; h++) {
      values[h] *= shrink[h];
    }
    if (split < SPLITS) {
      for (var start = split; start < count; start += AT_ONCE * SPLITS) {
        var seen: array<vec4<f32>, AT_ONCE>;
        for (var i = 0u; i < AT_ONCE; i++) {
          seen[i] = valueQuad(places[min(start + i * SPLITS, count - 1)], quad);
        }
        for (var i = 0u; i < AT_ONCE; i++) {
          let p = start + i * SPLITS;
          let weight = select(vec4<f32>(), weights[min(p, count - 1)], p < count);
          sum += weight;
          for (var h = 0u; h < BLOCK; h++) {
            values[h] += weight[h] * seen[i];
          }
        }
      }
    }
    workgroupBarrier();
  }

  if (quad == 0 && split < SPLITS) {
    sums[split] = sum;
  }
  for (var begin = 0u; begin < place.heads; begin += HELD) {
    let count = min(HELD, place.heads - begin);
    if (split < SPLITS) {
      for (var h = 0u; h < BLOCK; h++) {
        if (h >= begin && h < begin + count) {
          held[(split * HELD + h - begin) * HEAD_QUADS + quad] = values[h];
        }
      }
    }
    workgroupBarrier();
    for (var i = thread; i < count * HEAD_QUADS; i += THREADS) {
      let h = i / HEAD_QUADS;
      let head = place.firstHead + begin + h;
      let partial = partialOf(place, head, group.z, groups.y);
      write(place.row, head, partial, begin + h, h, i % HEAD_QUADS, peak[begin + h]);
    }
    workgroupBarrier();
  }
}

// One quad of head `h` of the block, the `n`-th that is held
fn write(row: u32, head: u32, partial: u32, h: u32, n: u32, quad: u32, peak: f32) {
  var sum = 0.0;
  var total = vec4<f32>();
  for (var s = 0u; s < SPLITS; s++) {
    sum += sums[s][h];
    total += held[(s * HELD + n) * HEAD_QUADS + quad];
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
