// One workgroup per part of the vocabulary of an output: the tokens whose score is near the best, in any order.
//
// For a top-k of no more than PARTS, near is what is not under the k-th highest peak of the parts: that
// gathers at least k tokens, and seldom many more.

alias Counter = atomic<u32>;

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> samplers: array<Sampler>;  // (sequences)
@group(0) @binding(2) var<storage, read> logits: array<f32>;        // (outputs, VOCAB)
@group(0) @binding(4) var<storage, read> counts: array<u32>;        // (sequences, VOCAB)
@group(0) @binding(5) var<storage, read_write> scratch: array<Scratch>;  // (outputs)

var<workgroup> peaks: array<f32, PARTS>;
var<workgroup> cut: f32;

fn countOf(sequence: u32, token: u32) -> u32 {
  return counts[sequence * VOCAB + token];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let output = group.y;
  let here = outputs[output];
  let sampler = samplers[here.sequence];
  if (!restricts(sampler)) {
    return;
  }
  for (var p = thread; p < PARTS; p += THREADS) {
    peaks[p] = scratch[output].parts[p].peak;
  }
  workgroupBarrier();
  let wanted = select(1u, sampler.topK, sampler.topK > 0 && sampler.topK <= PARTS);
  for (var p = thread; p < PARTS; p += THREADS) {
    var higher = 0u;
    for (var other = 0u; other < PARTS; other++) {
      higher += u32(peaks[other] > peaks[p] || (peaks[other] == peaks[p] && other < p));
    }
    if (higher == wanted - 1) {
      cut = select(peaks[p], peaks[p] - NEAR, wanted == 1);
    }
  }
  workgroupBarrier();
  if (peaks[group.x] < cut) {
    return;
  }

  let row = logitsOf(output, here);
  let size = (VOCAB + PARTS - 1) / PARTS;
  let end = min((group.x + 1) * size, VOCAB);
  for (var token = group.x * size + thread; token < end; token += THREADS) {
    let value = score(row, here, token, sampler);
    if (value >= cut && value > FORBIDDEN) {
      let place = atomicAdd(&scratch[output].gathered, 1);
      if (place < MAX_CANDIDATES) {
        scratch[output].candidates[place] = Candidate(token, value);
      }
    }
  }
}
