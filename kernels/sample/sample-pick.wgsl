// One workgroup per output: the next token.
//
// Thresholds are found digit by digit (8 bits each) of the scores' bits, which are made to order as numbers do: a
// histogram of one digit says in which bin the threshold lies, the next digit divides that bin. Top-k counts
// tokens; top-p adds up probabilities as whole numbers, so that the order of addition does not matter.

alias Counter = u32;

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> samplers: array<Sampler>;         // (sequences)
@group(0) @binding(2) var<storage, read> logits: array<f32>;               // (outputs, VOCAB)
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;         // (sequences, VOCAB)
@group(0) @binding(5) var<storage, read> scratch: array<Scratch>;          // (outputs)
@group(0) @binding(6) var<storage, read_write> sampled: array<u32>;        // (sequences)
@group(0) @binding(7) var<storage, read_write> results: array<vec2<u32>>;  // (outputs): id, bits of its log-probability: not a number if a logit is none

const NOT_A_NUMBER = 0x7fc00000u;
const BINS = 256u;
const GROUPS = 16u;
// Probabilities are in units of 2^-31, so that their sum, roundings included, fits into 32 bits
const CERTAIN = 0x1p31;

// What a pass over the items needs to know
struct Items {
  output: u32,
  row: u32,        // of the logits
  here: Output,
  gathered: bool,  // items are the candidates, else the vocabulary
  count: u32,
  peak: f32,
  sum: f32,
}

struct Found {
  digit: u32,
  goal: u32,  // what the bin itself has to give
  whole: u32,   // 1 if it has to give all it has, so that its lower end is the threshold
}

struct Best {
  value: f32,
  token: u32,
}

var<workgroup> bins: array<atomic<u32>, BINS>;
var<workgroup> groupSums: array<u32, GROUPS>;
var<workgroup> mass: atomic<u32>;
var<workgroup> found: Found;
var<workgroup> bests: array<Best, THREADS>;

fn countOf(sequence: u32, token: u32) -> u32 {
  return counts[sequence * VOCAB + token];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let output = group.x;
  let here = outputs[output];
  let sampler = samplers[here.sequence];
  var all = nothing();
  for (var p = thread; p < PARTS; p += THREADS) {
    all = merge(all, scratch[output].parts[p]);
  }
  all = mergeThreads(all, thread);

  var token = all.token;
  if (restricts(sampler)) {
    token = draw(output, here, sampler, all, thread);
  }
  if (thread == 0) {
    let logprob = rawLogit(logitsOf(output, here), token) - all.rawPeak - log(all.rawSum);
    results[output] = vec2(token, select(bitcast<u32>(logprob), NOT_A_NUMBER, all.odd > 0));
    if (!isAside(here)) {
      sampled[here.sequence] = token;
      let at = here.sequence * VOCAB + token;
      let count = counts[at];
      if ((count & ANSWER) < ANSWER) {
        counts[at] = count + 1;
      }
    }
  }
}

// A token of those that the sampler leaves
fn draw(output: u32, here: Output, sampler: Sampler, all: Part, thread: u32) -> u32 {
  var items = Items(output, logitsOf(output, here), here, true, scratch[output].gathered, all.peak, all.sum);
  var enough = items.count <= MAX_CANDIDATES;
  let topK = select(0u, sampler.topK, sampler.topK < VOCAB);
  if (topK > 0) {
    // Of a mask that leaves fewer, all have been gathered where the cut was under them all
    enough = enough && (items.count >= topK || (here.choice == UNDER_MASK && topK <= PARTS));
  } else if (sampler.topP >= 1) {
    enough = enough && sampler.minP > exp(-NEAR);
  } else if (enough) {
    enough = f32(massFrom(0, items, sampler, thread)) >= sampler.topP * CERTAIN;
  }
  if (!enough) {
    items.gathered = false;
    items.count = VOCAB;
  }

  var floor = 0u;
  if (topK > 0) {
    floor = threshold(false, topK, 0, items, sampler, thread);
  }
  if (sampler.topP < 1) {
    var whole = CERTAIN;
    if (topK > 0) {
      whole = f32(massFrom(floor, items, sampler, thread));
    }
    // Something has to stay
    let goal = max(1, u32(ceil(max(sampler.topP, 0) * whole)));
    floor = max(floor, threshold(true, goal, floor, items, sampler, thread));
  }
  if (sampler.minP > 0) {
    floor = max(floor, ordered(all.peak + log(min(sampler.minP, 1))));
  }

  var best = Best(NOTHING, 0xffffffffu);
  for (var i = thread; i < items.count; i += THREADS) {
    let candidate = item(i, items, sampler);
    if (ordered(candidate.score) >= floor) {
      let value = candidate.score + gumbel(sampler, here.position, candidate.token);
      best = better(best, Best(value, candidate.token));
    }
  }
  bests[thread] = best;
  for (var half = THREADS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      bests[thread] = better(bests[thread], bests[thread + half]);
    }
  }
  workgroupBarrier();
  return bests[0].token;
}

fn better(a: Best, b: Best) -> Best {
  if (b.value > a.value || (b.value == a.value && b.token < a.token)) {
    return b;
  }
  return a;
}

fn item(i: u32, items: Items, sampler: Sampler) -> Candidate {
  if (items.gathered) {
    return scratch[items.output].candidates[i];
  }
  return Candidate(i, score(items.row, items.here, i, sampler));
}

// Bits that order as the numbers do
fn ordered(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0);
}

fn probability(value: f32, items: Items) -> u32 {
  return u32(exp(value - items.peak) / items.sum * CERTAIN + 0.5);
}

// The probability of all items at or over `floor`
fn massFrom(floor: u32, items: Items, sampler: Sampler, thread: u32) -> u32 {
  workgroupBarrier();
  if (thread == 0) {
    atomicStore(&mass, 0);
  }
  workgroupBarrier();
  var own = 0u;
  for (var i = thread; i < items.count; i += THREADS) {
    let value = item(i, items, sampler).score;
    if (ordered(value) >= floor) {
      own += probability(value, items);
    }
  }
  atomicAdd(&mass, own);
  workgroupBarrier();
  return atomicLoad(&mass);
}

// The highest score, ordered, at or over which lie `wanted` items (or their probability, if `byMass`), of those at
// or over `floor`. 0 if there is not so much.
fn threshold(byMass: bool, wanted: u32, floor: u32, items: Items, sampler: Sampler, thread: u32) -> u32 {
  var prefix = 0u;
  var goal = wanted;
  for (var shift = 24u; ; shift -= 8) {
    for (var bin = thread; bin < BINS; bin += THREADS) {
      atomicStore(&bins[bin], 0);
    }
    workgroupBarrier();
    // The digits that are already found
    let known = select(0xffffff00u << shift, 0u, shift == 24);
    for (var i = thread; i < items.count; i += THREADS) {
      let value = item(i, items, sampler).score;
      let bits = ordered(value);
      if (bits >= floor && (bits & known) == prefix) {
        atomicAdd(&bins[(bits >> shift) % BINS], select(1, probability(value, items), byMass));
      }
    }
    workgroupBarrier();
    for (var g = thread; g < GROUPS; g += THREADS) {
      var sum = 0u;
      for (var bin = g * (BINS / GROUPS); bin < (g + 1) * (BINS / GROUPS); bin++) {
        sum += atomicLoad(&bins[bin]);
      }
      groupSums[g] = sum;
    }
    workgroupBarrier();
    if (thread == 0) {
      found = findBin(goal);
    }
    let step = workgroupUniformLoad(&found);
    prefix |= step.digit << shift;
    goal = step.goal;
    if (shift == 0 || step.whole == 1) {
      break;
    }
  }
  return prefix;
}

// From the highest bin down, the first with which `goal` is reached; groups of bins first
fn findBin(goal: u32) -> Found {
  var rest = goal;
  var g = GROUPS - 1;
  for (; g > 0 && groupSums[g] < rest; g--) {
    rest -= groupSums[g];
  }
  var bin = (g + 1) * (BINS / GROUPS) - 1;
  for (; bin > g * (BINS / GROUPS) && atomicLoad(&bins[bin]) < rest; bin--) {
    rest -= atomicLoad(&bins[bin]);
  }
  return Found(bin, rest, u32(atomicLoad(&bins[bin]) <= rest));
}
