// Route: the USED experts of the largest logits, for each row, or of the largest sums of score and bias (PREFERS)
//
// Their weights are SCALE times softmax over all experts (SIGMOID: the sigmoid of each), divided by their sum if
// RENORMALIZE. One workgroup per row. An expert's rank is the number of those before it: larger, or equal and earlier.

override EXPERTS: u32;
override USED: u32;
override SIGMOID: bool;
override RENORMALIZE: bool;
override SCALE: f32;
override BIASED: bool;
// Whether the bias is of the scores (sigmoids), and counts only in the choice; else it is of the logits
override PREFERS: bool;
override THREADS: u32;

// Threads that count together for one expert, each over a share of the others
override PARTS = max(1u, THREADS / EXPERTS);
override PART = (EXPERTS + PARTS - 1) / PARTS;

@group(0) @binding(0) var<storage, read> logits: array<f32>;          // (M, EXPERTS)
@group(0) @binding(1) var<storage, read_write> routes: array<Route>;  // (M, USED)
@group(0) @binding(2) var<storage, read> bias: array<f32>;            // (EXPERTS), where BIASED

var<workgroup> row: array<f32, EXPERTS>;
var<workgroup> keys: array<f32, EXPERTS>;
var<workgroup> ranks: array<atomic<u32>, EXPERTS>;
var<workgroup> chosen: array<u32, USED>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let m = group.x;
  for (var e = thread; e < EXPERTS; e += THREADS) {
    row[e] = logits[m * EXPERTS + e];
    if (BIASED && !PREFERS) {
      row[e] += bias[e];
    }
    keys[e] = row[e];
    if (BIASED && PREFERS) {
      keys[e] = sigmoid(row[e]) + bias[e];
    }
  }
  workgroupBarrier();
  for (var i = thread; i < PARTS * EXPERTS; i += THREADS) {
    let e = i % EXPERTS;
    atomicAdd(&ranks[e], before(e, i / EXPERTS * PART));
  }
  workgroupBarrier();
  for (var e = thread; e < EXPERTS; e += THREADS) {
    let rank = atomicLoad(&ranks[e]);
    if (rank < USED) {
      chosen[rank] = e;
    }
  }
  workgroupBarrier();
  for (var j = thread; j < USED; j += THREADS) {
    routes[m * USED + j] = Route(chosen[j], SCALE * score(chosen[j]) / total());
  }
}

// How many of a part's experts come before `e`
fn before(e: u32, first: u32) -> u32 {
  let own = keys[e];
  var count = 0u;
  for (var other = first; other < min(first + PART, EXPERTS); other++) {
    count += u32(keys[other] > own || (keys[other] == own && other < e));
  }
  return count;
}

fn score(e: u32) -> f32 {
  if (SIGMOID) {
    return sigmoid(row[e]);
  }
  return exp(row[e] - row[chosen[0]]);
}

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-x));
}

// What the scores are divided by
fn total() -> f32 {
  var sum = 0.0;
  if (RENORMALIZE) {
    for (var j = 0u; j < USED; j++) {
      sum += score(chosen[j]);
    }
    return sum;
  }
  if (SIGMOID) {
    return 1.0;
  }
  for (var e = 0u; e < EXPERTS; e++) {
    sum += score(e);
  }
  return sum;
}
