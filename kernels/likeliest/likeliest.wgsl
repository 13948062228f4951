// The likeliest tokens after an output, with the natural logarithms of their probabilities: those of the logits as they
// came, before penalties, temperature and filters, so that they say what the model thinks and not how one draws from it
//
// The vocabulary is split over workgroups, in two dispatches:
//
//   likeliest-scan  (PARTS, outputs): the likeliest of each part, and its sum of exponentials.
//   likeliest-pick  (outputs): the likeliest among those, under the sum of all.
//
// Both take one token after the other: the best of those that come behind the last one taken, equals by their ids. At
// most MOST rounds over a few tokens a thread need neither sorting nor memory of their own. Outputs of sequences
// that want none are left alone.

override VOCAB: u32;
override THREADS: u32;  // a power of two
override PARTS: u32;    // 1–MAX_PARTS

const MAX_PARTS = 64u;
const MOST = 20u;

struct Candidate {
  token: u32,
  logit: f32,
}

struct Listed {
  sum: f32,  // of exp(logit - peak), the peak being the first of `best`
  best: array<Candidate, MOST>,
}

struct Scratch {
  parts: array<Listed, MAX_PARTS>,
}

// Comes before all tokens, and behind them
const FIRST = Candidate(0u, 3e38);
const NOTHING = Candidate(0xffffffffu, -3e38);

var<workgroup> bests: array<Candidate, THREADS>;

fn comesBefore(a: Candidate, b: Candidate) -> bool {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

// The better of what is known and a token, if that comes behind the last one taken
fn better(best: Candidate, candidate: Candidate, last: Candidate) -> Candidate {
  if (comesBefore(last, candidate) && comesBefore(candidate, best)) {
    return candidate;
  }
  return best;
}

// The best of what the threads of a workgroup have brought
fn bestOfThreads(best: Candidate, thread: u32) -> Candidate {
  bests[thread] = best;
  for (var half = THREADS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half && comesBefore(bests[thread + half], bests[thread])) {
      bests[thread] = bests[thread + half];
    }
  }
  return workgroupUniformLoad(&bests[0]);
}
