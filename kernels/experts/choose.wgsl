// Choice: the USED experts of a row's largest logits, or of the largest sums of score and bias (PREFERS)
//
// Their weights are ROUTE_SCALE times softmax over all experts (SIGMOID: the sigmoid of each), divided by their sum if
// RENORMALIZE. A workgroup chooses for one row. An expert's rank is the number of those before it: larger, or equal and
// earlier. The kernel that this is joined to has THREADS, and says where LOGITS and CHOICE_BIAS are bound.

override ALL_EXPERTS: u32;
override USED: u32;
override SIGMOID: bool;
override RENORMALIZE: bool;
override ROUTE_SCALE: f32;
override CHOICE_BIASED: bool;
// Whether the bias is of the scores (sigmoids), and counts only in the choice; else it is of the logits
override PREFERS: bool;

// Threads that count together for one expert, each over a share of the others
override PARTS: u32 = max(1u, THREADS / ALL_EXPERTS);
override FOURS: u32 = (ALL_EXPERTS + 3u) / 4u;
override PART: u32 = (FOURS + PARTS - 1u) / PARTS;  // in fours

// Below any key
const NEVER = -3e38;

@group(0) @binding(LOGITS) var<storage, read> logits: array<f32>;            // (M, ALL_EXPERTS)
@group(0) @binding(CHOICE_BIAS) var<storage, read> choice_bias: array<f32>;  // (ALL_EXPERTS), where CHOICE_BIASED

var<workgroup> own_logits: array<f32, ALL_EXPERTS>;
var<workgroup> keys: array<vec4<f32>, FOURS>;
var<workgroup> ranks: array<atomic<u32>, ALL_EXPERTS>;
var<workgroup> chosen: array<u32, USED>;

// For all threads, before `choice`
fn choose(m: u32, thread: u32) {
  // A thread writes whole vectors: two that write components of one would race
  for (var four = thread; four < FOURS; four += THREADS) {
    keys[four] = vec4<f32>(
      key(m, 4u * four),
      key(m, 4u * four + 1u),
      key(m, 4u * four + 2u),
      key(m, 4u * four + 3u),
    );
  }
  workgroupBarrier();
  for (var i = thread; i < PARTS * ALL_EXPERTS; i += THREADS) {
    let e = i % ALL_EXPERTS;
    atomicAdd(&ranks[e], before(e, i / ALL_EXPERTS * PART));
  }
  workgroupBarrier();
  for (var e = thread; e < ALL_EXPERTS; e += THREADS) {
    let rank = atomicLoad(&ranks[e]);
    if (rank < USED) {
      chosen[rank] = e;
    }
  }
  workgroupBarrier();
}

// The row's choice j
fn choice(j: u32) -> Route {
  return Route(chosen[j], ROUTE_SCALE * score(chosen[j]) / total_score());
}

// What an expert is chosen by; its logit is kept
fn key(m: u32, e: u32) -> f32 {
  if (e >= ALL_EXPERTS) {
    return NEVER;
  }
  var logit = logits[m * ALL_EXPERTS + e];
  if (CHOICE_BIASED && !PREFERS) {
    logit += choice_bias[e];
  }
  own_logits[e] = logit;
  if (CHOICE_BIASED && PREFERS) {
    return logistic(logit) + choice_bias[e];
  }
  return logit;
}

// How many of a part's experts come before `e`
fn before(e: u32, first: u32) -> u32 {
  let own = vec4<f32>(keys[e / 4u][e % 4u]);
  var count = vec4<u32>();
  for (var four = first; four < min(first + PART, FOURS); four++) {
    let others = 4u * four + vec4<u32>(0u, 1u, 2u, 3u);
    let is_earlier = others < vec4<u32>(e);
    count += vec4<u32>((keys[four] > own) | ((keys[four] == own) & is_earlier));
  }
  return count.x + count.y + count.z + count.w;
}

fn score(e: u32) -> f32 {
  if (SIGMOID) {
    return logistic(own_logits[e]);
  }
  return exp(own_logits[e] - own_logits[chosen[0]]);
}

fn logistic(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-x));
}

// What the scores are divided by
fn total_score() -> f32 {
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
  for (var e = 0u; e < ALL_EXPERTS; e++) {
    sum += score(e);
  }
  return sum;
}
