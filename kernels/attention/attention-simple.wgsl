// Attention for software adapters: no barriers.
//
// One thread per head of a row, y is the row. It walks the positions once, keeping the highest score so far and
// the sums of weights and weighted values relative to it.

override THREADS: u32;

override GROUP = HEADS / KV_HEADS;

// HEAD_QUADS at most; a private array cannot have an override for its size
const MAX_QUADS = 64;

const SINKS = 6;

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;  // (N, HEADS, HEAD_QUADS)
@group(0) @binding(3) var<storage, read> pages: array<u32>;    // (sequences, MAX_PAGES)
@group(0) @binding(4) var<storage, read> step: array<Row>;             // (N)
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;  // (N, HEADS, HEAD_QUADS)

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let head = group.x * THREADS + thread;
  if (head >= HEADS) {
    return;
  }
  let here = step[group.y];
  let start = (group.y * HEADS + head) * HEAD_QUADS;

  var peak = LOWEST;
  var sum = 0.0;
  var values: array<vec4<f32>, MAX_QUADS>;
  for (var position = firstVisible(here.position); position <= here.position; position++) {
    let at = kvIndex(here.sequence, position, head / GROUP);
    var products = vec4<f32>();
    for (var quad = 0u; quad < HEAD_QUADS; quad++) {
      products += q[start + quad] * keyQuad(at, quad);
    }
    let score = capped(vec4(dot(products, vec4(SCALE * LOG2_E)))).x;
    if (score > peak) {
      let shrink = exp2(peak - score);
      peak = score;
      sum *= shrink;
      for (var quad = 0u; quad < HEAD_QUADS; quad++) {
        values[quad] *= shrink;
      }
    }
    let weight = exp2(score - peak);
    sum += weight;
    for (var quad = 0u; quad < HEAD_QUADS; quad++) {
      values[quad] += weight * valueQuad(at, quad);
    }
  }
  let whole = denominator(head, peak, sum);
  for (var quad = 0u; quad < HEAD_QUADS; quad++) {
    out[start + quad] = values[quad] / whole;
  }
}
