// Attention for few rows on a real GPU with subgroups: reading the cache is all the work, so it is read once for up to
// four heads that share it, in streams that never wait for each other.
//
// One workgroup per (BLOCK heads of a group, row, chunk of visible positions). LANES neighbouring threads are a stream: a
// thread has eight dimensions of every head's query and of what comes out. A stream takes every STREAMS-th position of
// the chunk, asks for AT_ONCE keys and their values together, and keeps its own peaks and sums. At the end streams are
// merged, in subgroups by shuffles and from there through workgroup memory, HELD heads at a time: into `out` if the row
// has one chunk, else into `partials`, for `attention-combine`.
//
// Other files say where q comes from (`startHeads`, `query`, `cacheOwn`).

override BLOCK: u32;    // 1–4
override LANES: u32;    // a power of two: HEAD_DIM / 8 at least
override THREADS: u32;
override NEAR: u32;     // the smallest subgroup that the adapter may choose: LANES at least
override HELD: u32;

override GROUP = HEADS / KV_HEADS;
override BLOCKS = (GROUP + BLOCK - 1) / BLOCK;
override EIGHTHS = HEAD_DIM / 8;
override STREAMS = THREADS / LANES;
override TEAMS = THREADS / NEAR;

const SINKS = 7;
const AT_ONCE = 4u;

@group(0) @binding(3) var<storage, read> pages: array<u32>;                 // (sequences, MAX_PAGES)
@group(0) @binding(4) var<storage, read> step: array<Row>;                  // (N)
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;       // (N, HEADS, HEAD_QUADS)
// (chunks, N, HEADS, HEAD_QUADS + 1): weighted values, then (peak, sum of weights, 0, 0)
@group(0) @binding(6) var<storage, read_write> partials: array<vec4<f32>>;

// A component of a vector is a head of the block
var<workgroup> peaks: array<vec4<f32>, TEAMS>;
var<workgroup> sums: array<vec4<f32>, TEAMS>;
// The block's queries (BLOCK, HEAD_QUADS), and when they have been used the teams' values (TEAMS, HELD, HEAD_QUADS)
var<workgroup> held: array<vec4<f32>, max(BLOCK, TEAMS * HELD) * HEAD_QUADS>;

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

  startHeads(row, firstHead, heads, kvHead, thread);
  for (var i = thread; i < BLOCK * HEAD_QUADS; i += THREADS) {
    // A block may lack heads: their scores are of no use
    let h = min(i / HEAD_QUADS, heads - 1);
    held[i] = query(row, firstHead + h, h, i % HEAD_QUADS) * (SCALE * LOG2_E);
  }
  if (end == here.position + 1) {
    cacheOwn(row, kvHead, thread);
  }
  storageBarrier();
  workgroupBarrier();

  let stream = thread / LANES;
  // Lanes past the head's end repeat its last eight, and count for nothing
  let eighth = min(thread % LANES, EIGHTHS - 1);
  let isIn = thread % LANES < EIGHTHS;
  var queries: array<vec4<f32>, 8>;  // (head, half)
  for (var h = 0u; h < BLOCK; h++) {
    queries[2 * h] = select(vec4<f32>(), held[h * HEAD_QUADS + 2 * eighth], isIn);
    queries[2 * h + 1] = select(vec4<f32>(), held[h * HEAD_QUADS + 2 * eighth + 1], isIn);
  }

  var peak = vec4(LOWEST);
  var sum = vec4<f32>();
  var values: array<vec4<f32>, 8>;  // as the queries
  for (var base = first; base < end; base += AT_ONCE * STREAMS) {
    var keys: array<KvEight, AT_ONCE>;
    var seen: array<KvEight, AT_ONCE>;
    for (var i = 0u; i < AT_ONCE; i++) {
      let at = kvIndex(here.sequence, min(base + i * STREAMS + stream, end - 1), kvHead);
      keys[i] = keyEight(at, eighth);
      seen[i] = valueEight(at, eighth);
    }
    var scores: array<vec4<f32>, AT_ONCE>;
    var next = peak;
    for (var i = 0u; i < AT_ONCE; i++) {
      let low = lowOf(keys[i]);
      let high = highOf(keys[i]);
      var score = vec4<f32>();
      for (var h = 0u; h < BLOCK; h++) {
        score[h] = dot(queries[2 * h], low) + dot(queries[2 * h + 1], high);
      }
      for (var distance = 1u; distance < LANES; distance *= 2) {
        score += subgroupShuffleXor(score, distance);
      }
      scores[i] = select(vec4(LOWEST), capped(score), base + i * STREAMS + stream < end);
      next = max(next, scores[i]);
    }
    let shrink = exp2(peak - next);
    peak = next;
    sum *= shrink;
    for (var h = 0u; h < BLOCK; h++) {
      values[2 * h] *= shrink[h];
      values[2 * h + 1] *= shrink[h];
    }
    for (var i = 0u; i < AT_ONCE; i++) {
      let weight = select(vec4<f32>(), exp2(scores[i] - peak), base + i * STREAMS + stream < end);
      let low = lowOf(seen[i]);
      let high = highOf(seen[i]);
      sum += weight;
      for (var h = 0u; h < BLOCK; h++) {
        values[2 * h] += weight[h] * low;
        values[2 * h + 1] += weight[h] * high;
      }
    }
  }

  var highest = peak;
  for (var distance = LANES; distance < NEAR; distance *= 2) {
    highest = max(highest, subgroupShuffleXor(highest, distance));
  }
  let share = exp2(peak - highest);
  sum *= share;
  for (var distance = LANES; distance < NEAR; distance *= 2) {
    sum += subgroupShuffleXor(sum, distance);
  }
  for (var h = 0u; h < BLOCK; h++) {
    values[2 * h] *= share[h];
    values[2 * h + 1] *= share[h];
    for (var distance = LANES; distance < NEAR; distance *= 2) {
      values[2 * h] += subgroupShuffleXor(values[2 * h], distance);
      values[2 * h + 1] += subgroupShuffleXor(values[2 * h + 1], distance);
    }
  }
  let team = thread / NEAR;
  if (thread % NEAR == 0) {
    peaks[team] = highest;
    sums[team] = sum;
  }
  for (var begin = 0u; begin < heads; begin += HELD) {
    let count = min(HELD, heads - begin);
    workgroupBarrier();
    if (thread % NEAR < EIGHTHS) {
      for (var h = 0u; h < BLOCK; h++) {
        if (h >= begin && h < begin + count) {
          let at = (team * HELD + h - begin) * HEAD_QUADS + 2 * eighth;
          held[at] = values[2 * h];
          held[at + 1] = values[2 * h + 1];
        }
      }
    }
    workgroupBarrier();
    for (var i = thread; i < count * HEAD_QUADS; i += THREADS) {
      let h = i / HEAD_QUADS;
      let head = firstHead + begin + h;
      let partial = ((group.z * groups.y + row) * HEADS + head) * (HEAD_QUADS + 1);
      write(row, head, partial, begin + h, h, i % HEAD_QUADS);
    }
  }
}

// One quad of head `h` of the block, the `n`-th that is held
fn write(row: u32, head: u32, partial: u32, h: u32, n: u32, quad: u32) {
  var peak = LOWEST;
  for (var t = 0u; t < TEAMS; t++) {
    peak = max(peak, peaks[t][h]);
  }
  var sum = 0.0;
  var total = vec4<f32>();
  for (var t = 0u; t < TEAMS; t++) {
    let share = exp2(peaks[t][h] - peak);
    sum += sums[t][h] * share;
    total += held[(t * HELD + n) * HEAD_QUADS + quad] * share;
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
