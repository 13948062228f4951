// One workgroup per part of the vocabulary of an output: what `Part` says of it. Also begins the gathering.

alias Counter = atomic<u32>;

@group(0) @binding(0) var<storage, read> outputs: array<Output>;
@group(0) @binding(1) var<storage, read> samplers: array<Sampler>;  // (sequences)
@group(0) @binding(2) var<storage, read> logits: array<f32>;        // (outputs, VOCAB)
@group(0) @binding(4) var<storage, read> counts: array<u32>;        // (sequences, VOCAB)
@group(0) @binding(5) var<storage, read_write> scratch: array<Scratch>;  // (outputs)

fn countOf(sequence: u32, token: u32) -> u32 {
  return counts[sequence * VOCAB + token];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let output = group.y;
  let here = outputs[output];
  let row = logitsOf(output, here);
  let sampler = samplers[here.sequence];
  let greedy = isGreedy(sampler);
  let restricted = restricts(sampler);
  let size = (VOCAB + PARTS - 1) / PARTS;
  let end = min((group.x + 1) * size, VOCAB);

  var part = nothing();
  for (var token = group.x * size + thread; token < end; token += THREADS) {
    part.odd += u32(isOdd(row, token));
    let raw = rawLogit(row, token);
    if (raw > part.rawPeak) {
      part.rawSum *= exp(part.rawPeak - raw);
      part.rawPeak = raw;
    }
    part.rawSum += exp(raw - part.rawPeak);

    var value = score(row, here, token, sampler);
    if (restricted) {
      if (value > part.peak) {
        part.sum *= exp(part.peak - value);
        part.peak = value;
      }
      part.sum += exp(value - part.peak);
    } else if (!greedy) {
      value += gumbel(sampler, here.position, token);
    }
    // Tokens come in order, so the lowest of equals stays
    if (value > part.best) {
      part.best = value;
      part.token = token;
    }
  }

  part = mergeThreads(part, thread);
  if (thread == 0) {
    scratch[output].parts[group.x] = part;
    if (group.x == 0) {
      atomicStore(&scratch[output].gathered, 0);
    }
  }
}
