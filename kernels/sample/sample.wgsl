// Sampling: from the logits of an output to the id of its sequence's next token, without leaving the GPU
//
// Penalties, temperature, top-k, top-p, min-p leave the tokens whose score is at or over a threshold; of these, the
// one with the highest score + Gumbel noise is a draw from their softmax. A threshold needs no sorting, and the
// highest of a sum is found in parallel: so the vocabulary is split over workgroups, in three dispatches.
//
//   sample-scan    (PARTS, outputs): best token and sums of exponentials of each part. All that greedy choice and
//                  unrestricted sampling need.
//   sample-gather  (PARTS, outputs): for samplers that restrict, the tokens that are near enough to the best.
//   sample-pick    (outputs): the threshold among those (or, in the rare case that they are too many or too few,
//                  in the whole vocabulary), the choice, its log-probability and its count.
//
// This file is what the three have in common. Whoever joins it says what a `Counter` is: only the gathering
// needs an atomic.

override VOCAB: u32;
override THREADS: u32;  // a power of two
override PARTS: u32;    // 1–MAX_PARTS

struct Sampler {
  temperature: f32,
  topK: u32,               // 0 keeps all
  topP: f32,
  minP: f32,
  repetitionPenalty: f32,
  frequencyPenalty: f32,
  presencePenalty: f32,
  seed: u32,
  biased: u32,             // 1 where `counts` has biases
}

// What is known of some tokens together. Scores are logits after penalties and temperature.
struct Part {
  rawPeak: f32,  // highest logit, and the sum of exp(logit - rawPeak)
  rawSum: f32,
  peak: f32,     // highest score, and the sum of exp(score - peak) where the sampler restricts
  sum: f32,
  best: f32,     // highest score (with noise, if the sampler draws from all tokens), and whose it is
  token: u32,
  odd: u32,      // how many logits are no finite numbers
}

struct Candidate {
  token: u32,
  score: f32,
}

const MAX_PARTS = 64u;
const MAX_CANDIDATES = 4096u;

struct Scratch {
  gathered: Counter,  // how many tokens were near enough; only so many as have room are kept
  parts: array<Part, MAX_PARTS>,
  candidates: array<Candidate, MAX_CANDIDATES>,
}

// Candidates are at most so far below the best score, unless top-k wants more: exp(-12) is 6e-6 of its probability
const NEAR = 12.0;
// Where a temperature is no longer told from zero; the scores of all logits stay finite
const LEAST_TEMPERATURE = 1e-4;
const LARGEST_LOGIT = 1e30;
const NOTHING = -3e38;
// The score of what a mask leaves out: below those of all logits at the least temperature
const FORBIDDEN = -1e36;

const ANSWER = 0xffffu;
const IN_PROMPT = 0x80000000u;

fn isGreedy(sampler: Sampler) -> bool {
  return sampler.temperature < LEAST_TEMPERATURE || sampler.topK == 1;
}

fn restricts(sampler: Sampler) -> bool {
  return !isGreedy(sampler)
    && ((sampler.topK > 0 && sampler.topK < VOCAB) || sampler.topP < 1 || sampler.minP > 0);
}

// A bit for each token that may come; read for outputs under their mask alone
@group(0) @binding(3) var<storage, read> masks: array<u32>;  // (sequences, VOCAB / 32, rounded up)

fn isAllowed(here: Output, token: u32) -> bool {
  return here.choice != UNDER_MASK
    || ((masks[here.sequence * ((VOCAB + 31) / 32) + token / 32] >> (token % 32)) & 1) == 1;
}

// Whose logits an output's token is chosen by
fn logitsOf(output: u32, here: Output) -> u32 {
  return select(output, here.choice - ASIDE, isAside(here));
}

// Infinities become large numbers, which WGSL does promise something about
fn rawLogit(row: u32, token: u32) -> f32 {
  return clamp(logits[row * VOCAB + token], -LARGEST_LOGIT, LARGEST_LOGIT);
}

// By its bits, since WGSL may take for granted that there are only finite numbers
fn isOdd(row: u32, token: u32) -> bool {
  return (bitcast<u32>(logits[row * VOCAB + token]) & 0x7f800000u) == 0x7f800000u;
}

// The only way from a logit to a score
fn score(row: u32, here: Output, token: u32, sampler: Sampler) -> f32 {
  if (!isAllowed(here, token)) {
    return FORBIDDEN;
  }
  var logit = rawLogit(row, token);
  if (sampler.repetitionPenalty != 1 || sampler.frequencyPenalty != 0 || sampler.presencePenalty != 0) {
    logit = penalised(logit, countOf(here.sequence, token), sampler);
  }
  if (sampler.biased != 0) {
    logit += biasOf(countOf(here.sequence, token));
  }
  return logit / select(sampler.temperature, 1.0, isGreedy(sampler));
}

fn penalised(raw: f32, count: u32, sampler: Sampler) -> f32 {
  if ((count & (ANSWER | IN_PROMPT)) == 0) {
    return raw;
  }
  let logit = select(raw * sampler.repetitionPenalty, raw / sampler.repetitionPenalty, raw > 0);
  let times = f32(count & ANSWER);
  return logit - times * sampler.frequencyPenalty - min(times, 1) * sampler.presencePenalty;
}

// Bits 16 to 30 of a count, in units of 1/128
fn biasOf(count: u32) -> f32 {
  return f32(bitcast<i32>(count << 1) >> 17) / 128;
}

fn merge(a: Part, b: Part) -> Part {
  let rawPeak = max(a.rawPeak, b.rawPeak);
  let peak = max(a.peak, b.peak);
  let second = b.best > a.best || (b.best == a.best && b.token < a.token);
  return Part(
    rawPeak,
    a.rawSum * exp(a.rawPeak - rawPeak) + b.rawSum * exp(b.rawPeak - rawPeak),
    peak,
    a.sum * exp(a.peak - peak) + b.sum * exp(b.peak - peak),
    select(a.best, b.best, second),
    select(a.token, b.token, second),
    a.odd + b.odd,
  );
}

fn nothing() -> Part {
  return Part(NOTHING, 0.0, NOTHING, 0.0, NOTHING, 0xffffffffu, 0u);
}

var<workgroup> threadParts: array<Part, THREADS>;

// What the threads of a workgroup know together, each having brought its `part`
fn mergeThreads(part: Part, thread: u32) -> Part {
  threadParts[thread] = part;
  for (var half = THREADS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) {
      threadParts[thread] = merge(threadParts[thread], threadParts[thread + half]);
    }
  }
  return workgroupUniformLoad(&threadParts[0]);
}

// Standard Gumbel noise of (seed, position, token): the same on every run, whatever else is in the batch.
//
// -log(E) for E exponentially distributed. The highest noise decides, so E is exact where it is small: it comes
// from a uniform v in (0, 1) as -log(1 - v), in the series of that for small v, 2^-33 being the smallest.
fn gumbel(sampler: Sampler, position: u32, token: u32) -> f32 {
  let v = (f32(pcg3d(vec3(token, position, sampler.seed)).x) + 0.5) * 0x1p-32;
  let series = v * (1 + v * (1.0 / 2 + v * (1.0 / 3 + v / 4)));
  // The largest v rounds to 1
  let exponential = select(-log(max(1 - v, 0x1p-33)), series, v < 0x1p-5);
  return -log(exponential);
}

// PCG3D of Jarzynski & Olano, "Hash Functions for GPU Rendering" (2020): three words to three, each a hash of all
fn pcg3d(words: vec3<u32>) -> vec3<u32> {
  var v = words * 1664525u + 1013904223u;
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v ^= v >> vec3(16u);
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  return v;
}
