// Attention for few rows on a real GPU with subgroups: reading the cache is all the work, so it is read once for up to
// four heads that share it, in streams that never wait for each other.
//
// One workgroup per (BLOCK heads of a group, row, chunk of visible positions). LANES neighbouring threads are a stream: a
// thread has eight dimensions of every head's query and of what comes out. A stream takes every STREAMS-th position of
// the chunk, asks for four keys and their values together, and keeps its own peaks and sums. At the end streams are
// merged, in subgroups by shuffles and from there through workgroup memory, HELD heads at a time: into `out` if the row
// has one chunk, else into `partials`, for `attention-combine`.
//
// Other files say where q comes from (`startHeads`, `query`, `cacheOwn`).

override LANES: u32;    // a power of two: HEAD_DIM / 8 at least
override THREADS: u32;
override NEAR: u32;     // the smallest subgroup that the adapter may choose: LANES at least
override HELD: u32;

override EIGHTHS = HEAD_DIM / 8;
override STREAMS = THREADS / LANES;
override TEAMS = THREADS / NEAR;

// A thread's dimensions of each head: a column is a head's. No arrays, since what is indexed in a loop is not sure to be
// kept in registers
struct Eights {
  low: mat4x4<f32>,
  high: mat4x4<f32>,
}

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
  let place = placeOf(group);
  if (place.first >= place.end) {
    return;
  }
  beginBlock(place, thread);

  let stream = thread / LANES;
  // Lanes past the head's end repeat its last eight, and count for nothing
  let eighth = min(thread % LANES, EIGHTHS - 1);
  let isIn = thread % LANES < EIGHTHS;
  let queries = Eights(queriesOf(2 * eighth, isIn), queriesOf(2 * eighth + 1, isIn));

  var peak = vec4(LOWEST);
  var sum = vec4<f32>();
  var values: Eights;
  for (var base = place.first; base < place.end; base += 4 * STREAMS) {
    let seen = base + stream + STREAMS * vec4(0u, 1u, 2u, 3u);
    let isSeen = seen < vec4(place.end);
    let at0 = kvIndex(place.sequence, min(seen.x, place.end - 1), place.kvHead);
    let at1 = kvIndex(place.sequence, min(seen.y, place.end - 1), place.kvHead);
    let at2 = kvIndex(place.sequence, min(seen.z, place.end - 1), place.kvHead);
    let at3 = kvIndex(place.sequence, min(seen.w, place.end - 1), place.kvHead);
    let key0 = keyEight(at0, eighth);
    let key1 = keyEight(at1, eighth);
    let key2 = keyEight(at2, eighth);
    let key3 = keyEight(at3, eighth);
    let value0 = valueEight(at0, eighth);
    let value1 = valueEight(at1, eighth);
    let value2 = valueEight(at2, eighth);
    let value3 = valueEight(at3, eighth);

    let score0 = scored(queries, key0, isSeen.x);
    let score1 = scored(queries, key1, isSeen.y);
    let score2 = scored(queries, key2, isSeen.z);
    let score3 = scored(queries, key3, isSeen.w);
    let next = max(max(peak, max(score0, score1)), max(score2, score3));
    let shrink = exp2(peak - next);
    peak = next;
    let weight0 = weighed(score0, peak, isSeen.x);
    let weight1 = weighed(score1, peak, isSeen.y);
    let weight2 = weighed(score2, peak, isSeen.z);
    let weight3 = weighed(score3, peak, isSeen.w);
    sum = sum * shrink + ((weight0 + weight1) + (weight2 + weight3));
    values = scaled(values, shrink);
    values = added(values, value0, weight0);
    values = added(values, value1, weight1);
    values = added(values, value2, weight2);
    values = added(values, value3, weight3);
  }

  var highest = peak;
  for (var distance = LANES; distance < NEAR; distance *= 2) {
    highest = max(highest, subgroupShuffleXor(highest, distance));
  }
  let share = exp2(peak - highest);
  sum *= share;
  values = scaled(values, share);
  for (var distance = LANES; distance < NEAR; distance *= 2) {
    sum += subgroupShuffleXor(sum, distance);
  }
  values = Eights(overStreams(values.low), overStreams(values.high));
  let team = thread / NEAR;
  if (thread % NEAR == 0) {
    peaks[team] = highest;
    sums[team] = sum;
  }
  for (var begin = 0u; begin < place.heads; begin += HELD) {
    let count = min(HELD, place.heads - begin);
    workgroupBarrier();
    if (thread % NEAR < EIGHTHS) {
      let at = team * HELD * HEAD_QUADS + 2 * eighth;
      hold(at, 0u - begin, values.low[0], values.high[0]);
      hold(at, 1u - begin, values.low[1], values.high[1]);
      hold(at, 2u - begin, values.low[2], values.high[2]);
      hold(at, 3u - begin, values.low[3], values.high[3]);
    }
    workgroupBarrier();
    for (var i = thread; i < count * HEAD_QUADS; i += THREADS) {
      let h = i / HEAD_QUADS;
      let head = place.firstHead + begin + h;
      let partial = partialOf(place, head, group.z, groups.y);
      write(place.row, head, partial, begin + h, h, i % HEAD_QUADS);
    }
  }
}

// A quad of each head's query. Where a block has fewer than four heads the last one stands for the others
fn queriesOf(quad: u32, isIn: bool) -> mat4x4<f32> {
  let none = vec4<f32>();
  return mat4x4(
    select(none, held[quad], isIn),
    select(none, held[min(1u, BLOCK - 1) * HEAD_QUADS + quad], isIn),
    select(none, held[min(2u, BLOCK - 1) * HEAD_QUADS + quad], isIn),
    select(none, held[min(3u, BLOCK - 1) * HEAD_QUADS + quad], isIn),
  );
}

// The sums over a subgroup's streams
fn overStreams(values: mat4x4<f32>) -> mat4x4<f32> {
  var sums = values;
  for (var distance = LANES; distance < NEAR; distance *= 2) {
    sums[0] += subgroupShuffleXor(sums[0], distance);
    if (BLOCK > 1) {
      sums[1] += subgroupShuffleXor(sums[1], distance);
      sums[2] += subgroupShuffleXor(sums[2], distance);
      sums[3] += subgroupShuffleXor(sums[3], distance);
    }
  }
  return sums;
}

// A thread's part of the `n`-th head that is held now, if it is
fn hold(at: u32, n: u32, low: vec4<f32>, high: vec4<f32>) {
  if (n < HELD) {
    held[at + n * HEAD_QUADS] = low;
    held[at + n * HEAD_QUADS + 1] = high;
  }
}

// Of each head, with a key of which every lane has eight dimensions
fn scored(queries: Eights, key: KvEight, isSeen: bool) -> vec4<f32> {
  var score: vec4<f32>;
  if (BLOCK == 1) {
    score.x = dot(queries.low[0], lowOf(key)) + dot(queries.high[0], highOf(key));
  } else {
    score = lowOf(key) * queries.low + highOf(key) * queries.high;
  }
  for (var distance = 1u; distance < LANES; distance *= 2) {
    score += subgroupShuffleXor(score, distance);
  }
  return select(vec4(LOWEST), capped(score), isSeen);
}

fn weighed(score: vec4<f32>, peak: vec4<f32>, isSeen: bool) -> vec4<f32> {
  return select(vec4<f32>(), exp2(score - peak), isSeen);
}

fn scaled(values: Eights, by: vec4<f32>) -> Eights {
  let low = values.low;
  let high = values.high;
  if (BLOCK == 1) {
    return Eights(
      mat4x4(low[0] * by.x, low[1], low[2], low[3]),
      mat4x4(high[0] * by.x, high[1], high[2], high[3]),
    );
  }
  return Eights(
    mat4x4(low[0] * by.x, low[1] * by.y, low[2] * by.z, low[3] * by.w),
    mat4x4(high[0] * by.x, high[1] * by.y, high[2] * by.z, high[3] * by.w),
  );
}

fn added(values: Eights, value: KvEight, by: vec4<f32>) -> Eights {
  let low = lowOf(value);
  let high = highOf(value);
  if (BLOCK == 1) {
    return Eights(
      mat4x4(values.low[0] + low * by.x, values.low[1], values.low[2], values.low[3]),
      mat4x4(values.high[0] + high * by.x, values.high[1], values.high[2], values.high[3]),
    );
  }
  return Eights(
    values.low + mat4x4(low * by.x, low * by.y, low * by.z, low * by.w),
    values.high + mat4x4(high * by.x, high * by.y, high * by.z, high * by.w),
  );
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
