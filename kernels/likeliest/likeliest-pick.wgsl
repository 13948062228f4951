// One workgroup per output: the likeliest tokens of all parts, in their order.

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> wanted: array<u32>;           // (sequences)
@group(0) @binding(2) var<storage, read> scratch: array<Scratch>;      // (outputs)
@group(0) @binding(3) var<storage, read_write> lists: array<vec2<u32>>;  // (outputs, MOST): id, bits of its log-probability

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let output = group.x;
  let count = min(wanted[outputs[output].sequence], min(MOST, VOCAB));
  if (count == 0) {
    return;
  }

  var last = FIRST;
  var peak = 0.0;
  var logSum = 0.0;
  for (var place = 0u; place < count; place++) {
    var best = NOTHING;
    for (var i = thread; i < PARTS * count; i += THREADS) {
      best = better(best, scratch[output].parts[i / count].best[i % count], last);
    }
    last = bestOfThreads(best, thread);
    if (thread == 0) {
      if (place == 0) {
        peak = last.logit;
        logSum = logSumUnder(peak, output);
      }
      lists[output * MOST + place] = vec2(last.token, bitcast<u32>(last.logit - peak - logSum));
    }
  }
}

// The logarithm of the sum of exp(logit - peak) over the vocabulary
fn logSumUnder(peak: f32, output: u32) -> f32 {
  var sum = 0.0;
  for (var p = 0u; p < PARTS; p++) {
    sum += scratch[output].parts[p].sum * exp(scratch[output].parts[p].best[0].logit - peak);
  }
  return log(sum);
}
