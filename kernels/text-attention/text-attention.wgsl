// Attention within texts that are whole in this step: out[n, h] = softmax(SCALE * q[n, h] · K) · V, over rows of n's own
// text: all of them, or those before and at n where CAUSAL; of these the ones near n where there is a WINDOW. Query
// heads h share key and value head h / GROUP.
//
// One thread per row and head; y is the head. Neighbouring threads are rows of one text, as a rule, and read the same
// keys at the same time. A thread goes over them once, keeping the highest score so far and the sums of weights and
// weighted values relative to it.

override HEADS: u32;
override KV_HEADS: u32;
override HEAD_DIM: u32;
override SCALE: f32;
override CAUSAL: bool;
override WINDOW: u32;  // the last so many rows where CAUSAL, else half as many to both sides; 0 is none
override THREADS: u32;

override GROUP = HEADS / KV_HEADS;
override HEAD_QUADS = HEAD_DIM / 4;
override WIDTH = (HEADS + 2 * KV_HEADS) * HEAD_QUADS;

// Scores carry the factor log2(e), so that weights are powers of two
const LOG2_E = 1.4426950408889634;
// Below any score, and finite: WGSL promises nothing about infinities
const LOWEST = -1e30;

@group(0) @binding(0) var<storage, read> qkv: array<vec4<f32>>;         // (N, HEADS + 2 KV_HEADS, HEAD_QUADS)
@group(0) @binding(1) var<storage, read> step: array<Row>;              // (N): `output` is that of the row's text
@group(0) @binding(2) var<storage, read> outputs: array<Output>;        // of each text: its last row
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;   // (N, HEADS, HEAD_QUADS)
@group(0) @binding(4) var<uniform> counts: vec4<u32>;                   // x: N

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * THREADS + thread;
  let head = group.y;
  if (row >= counts.x) {
    return;
  }
  let here = step[row];
  let start = row - here.position;
  var first = start;
  var last = select(outputs[here.output].row, row, CAUSAL);
  if (WINDOW > 0) {
    let reach = select(WINDOW / 2, WINDOW - 1, CAUSAL);
    first = row - min(here.position, reach);
    last = min(last, row + reach);
  }

  var query = array<vec4<f32>, MAX_QUADS>();
  for (var quad = 0u; quad < HEAD_QUADS; quad++) {
    query[quad] = qkv[row * WIDTH + head * HEAD_QUADS + quad] * (SCALE * LOG2_E);
  }
  let keyAt = (HEADS + head / GROUP) * HEAD_QUADS;
  let valueAt = keyAt + KV_HEADS * HEAD_QUADS;

  var peak = LOWEST;
  var sum = 0.0;
  var values = array<vec4<f32>, MAX_QUADS>();
  for (var n = first; n <= last; n++) {
    var products = vec4<f32>();
    for (var quad = 0u; quad < HEAD_QUADS; quad++) {
      products += query[quad] * qkv[n * WIDTH + keyAt + quad];
    }
    let score = dot(products, vec4(1.0));
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
      values[quad] += weight * qkv[n * WIDTH + valueAt + quad];
    }
  }
  for (var quad = 0u; quad < HEAD_QUADS; quad++) {
    out[(row * HEADS + head) * HEAD_QUADS + quad] = values[quad] / sum;
  }
}
