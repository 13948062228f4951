// One workgroup per part of the vocabulary of an output: its likeliest tokens in their order, and its sum.

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> wanted: array<u32>;             // (sequences) how many, up to MOST
@group(0) @binding(2) var<storage, read> logits: array<f32>;             // (outputs, VOCAB)
@group(0) @binding(3) var<storage, read_write> scratch: array<Scratch>;  // (outputs)

const LARGEST_LOGIT = 1e30;

var<workgroup> sums: array<f32, THREADS>;

// Infinities become large numbers, which WGSL does promise something about
fn candidate(output: u32, token: u32) -> Candidate {
  return Candidate(token, clamp(logits[output * VOCAB + token], -LARGEST_LOGIT, LARGEST_LOGIT));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let output = group.y;
  let count = min(wanted[outputs[output].sequence], min(MOST, VOCAB));
  if (count == 0) {
    return;
  }
  let size = (VOCAB + PARTS - 1) / PARTS;
  let end = min((group.x + 1) * size, VOCAB);

  var last = FIRST;
  for (var place = 0u; place < count; place++) {
    var best = NOTHING;
    for (var token = group.x * size + thread; token < end; token += THREADS) {
      best = better(best, candidate(output, token), last);
    }
    last = bestOfThreads(best, thread);
    if (thread == 0) {
      scratch[output].parts[group.x].best[place] = last;
    }
    if (place == 0) {
      let sum = sumUnder(last.logit, output, group.x * size, end, thread);
      if (thread == 0) {
        scratch[output].parts[group.x].sum = sum;
      }
    }
  }
}

// Of exp(logit - peak), of the tokens from `first` to `end`; for thread 0 alone
fn sumUnder(peak: f32, output: u32, first: u32, end: u32, thread: u32) -> f32 {
  var sum = 0.0;
  for (var token = first + thread; token < end; token += THREADS) {
    sum += exp(candidate(output, token).logit - peak);
  }
  sums[thread] = sum;
  for (var half = THREADS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
  }
  return sums[0];
}
