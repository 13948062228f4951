// Attention for prompts on a real GPU: a tile of consecutive rows of one sequence against tiles of its cache.
//
// One workgroup per (tile, head), of 16 × 8 threads. For every 32 positions it computes 64 × 32 scores as a matrix
// product, then adds 64 × 32 weights times 32 values to the output as another. Each thread owns four rows (ty + 16i)
// of both: four scores in a row (positions 4 tx + j), and every eighth quad (tx + 8n) of the output.
//
// Both products pass their operands through workgroup memory in slices, the left one (queries, then weights) and the
// right one (keys, then values), so that any head fits into 16 KB. Pitches are odd, so that threads that
// store a row's quads hit different banks.

override GROUP = HEADS / KV_HEADS;
override LANE_QUADS = (HEAD_QUADS + 7) / 8;

const THREADS = 128u;
const ROWS = 64u;
const POSITIONS = 32u;
// Quads of queries and keys in a slice
const SLICE = 8u;
const LEFT_PITCH = ROWS + 1;
const RIGHT_PITCH = POSITIONS + 1;
const RIGHT_QUADS = SLICE * RIGHT_PITCH;
// LANE_QUADS at most
const MAX_LANE_QUADS = 8u;

// Positions of values in a slice: whole quads of weights
override VALUE_POSITIONS = min(POSITIONS, RIGHT_QUADS / HEAD_QUADS / 4 * 4);

struct Tile {
  row: u32,       // the first
  rows: u32,      // 1–64
  sequence: u32,
  position: u32,  // of the first row
}

const SINKS = 6;

@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;  // (N, HEADS, HEAD_QUADS)
@group(0) @binding(3) var<storage, read> pages: array<u32>;    // (sequences, MAX_PAGES)
@group(0) @binding(4) var<storage, read> tiles: array<Tile>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;  // (N, HEADS, HEAD_QUADS)

// Queries as (SLICE, row), or weights as (quad of positions, row)
var<workgroup> left: array<vec4<f32>, SLICE * LEFT_PITCH>;
// Keys as (SLICE, position 4 tx + j at 8 j + tx), or values as (position, HEAD_QUADS)
var<workgroup> right: array<vec4<f32>, RIGHT_QUADS>;
// (row, tx)
var<workgroup> exchange: array<f32, ROWS * 8>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tiles[group.x];
  let head = group.y;
  let tx = thread % 8;
  let ty = thread / 8;
  let end = tile.position + tile.rows;

  var peaks = vec4(LOWEST);
  var sums = vec4<f32>();  // of this thread's positions only
  var values: array<vec4<f32>, 4 * MAX_LANE_QUADS>;

  for (var base = firstVisible(tile.position); base < end; base += POSITIONS) {
    // Spelt out: a declaration alone kept the last round's scores on SwiftShader
    var scores = array<vec4<f32>, 4>();
    for (var slice = 0u; slice < HEAD_QUADS; slice += SLICE) {
      workgroupBarrier();
      loadQueries(tile, head, slice, thread);
      loadKeys(tile.sequence, head / GROUP, base, end, slice, thread);
      workgroupBarrier();
      for (var c = 0u; c < SLICE; c++) {
        let key0 = right[c * RIGHT_PITCH + tx];
        let key1 = right[c * RIGHT_PITCH + tx + 8];
        let key2 = right[c * RIGHT_PITCH + tx + 16];
        let key3 = right[c * RIGHT_PITCH + tx + 24];
        for (var i = 0u; i < 4; i++) {
          let query = left[c * LEFT_PITCH + ty + 16 * i];
          scores[i] += vec4(dot(query, key0), dot(query, key1), dot(query, key2), dot(query, key3));
        }
      }
    }

    for (var i = 0u; i < 4; i++) {
      let position = tile.position + ty + 16 * i;
      let seen = base + 4 * tx + vec4(0u, 1u, 2u, 3u);
      let visible = (seen <= vec4(position)) & (seen >= vec4(firstVisible(position)));
      scores[i] = select(vec4(LOWEST), capped(scores[i]), visible);
      exchange[(ty + 16 * i) * 8 + tx] = max(max(scores[i].x, scores[i].y), max(scores[i].z, scores[i].w));
    }
    workgroupBarrier();
    for (var i = 0u; i < 4; i++) {
      var peak = peaks[i];
      for (var x = 0u; x < 8; x++) {
        peak = max(peak, exchange[(ty + 16 * i) * 8 + x]);
      }
      let shrink = exp2(peaks[i] - peak);
      peaks[i] = peak;
      let weights = select(exp2(scores[i] - peak), vec4<f32>(), scores[i] == vec4(LOWEST));
      sums[i] = sums[i] * shrink + dot(weights, vec4(1.0));
      for (var n = 0u; n < LANE_QUADS; n++) {
        values[i * MAX_LANE_QUADS + n] *= shrink;
      }
      left[tx * LEFT_PITCH + ty + 16 * i] = weights;
    }

    for (var slice = 0u; slice < POSITIONS; slice += VALUE_POSITIONS) {
      workgroupBarrier();
      loadValues(tile.sequence, head / GROUP, base + slice, end, thread);
      workgroupBarrier();
      for (var p = 0u; p < min(VALUE_POSITIONS, POSITIONS - slice); p += 4) {
        var weights: array<vec4<f32>, 4>;
        for (var i = 0u; i < 4; i++) {
          weights[i] = left[(slice + p) / 4 * LEFT_PITCH + ty + 16 * i];
        }
        for (var n = 0u; n < LANE_QUADS; n++) {
          // Past the head's end the sum is dropped
          let at = p * HEAD_QUADS + min(tx + 8 * n, HEAD_QUADS - 1);
          let value0 = right[at];
          let value1 = right[at + HEAD_QUADS];
          let value2 = right[at + 2 * HEAD_QUADS];
          let value3 = right[at + 3 * HEAD_QUADS];
          for (var i = 0u; i < 4; i++) {
            let w = weights[i];
            values[i * MAX_LANE_QUADS + n] += w.x * value0 + w.y * value1 + w.z * value2 + w.w * value3;
          }
        }
      }
    }
  }

  workgroupBarrier();
  for (var i = 0u; i < 4; i++) {
    exchange[(ty + 16 * i) * 8 + tx] = sums[i];
  }
  workgroupBarrier();
  for (var i = 0u; i < 4; i++) {
    let row = ty + 16 * i;
    if (row >= tile.rows) {
      break;
    }
    var sum = 0.0;
    for (var x = 0u; x < 8; x++) {
      sum += exchange[row * 8 + x];
    }
    let whole = denominator(head, peaks[i], sum);
    for (var n = 0u; n < LANE_QUADS; n++) {
      let quad = tx + 8 * n;
      if (quad < HEAD_QUADS) {
        out[((tile.row + row) * HEADS + head) * HEAD_QUADS + quad] = values[i * MAX_LANE_QUADS + n] / whole;
      }
    }
  }
}

fn loadQueries(tile: Tile, head: u32, slice: u32, thread: u32) {
  for (var e = thread; e < ROWS * SLICE; e += THREADS) {
    let row = e / SLICE;
    let quad = slice + e % SLICE;
    var query = vec4<f32>();
    if (row < tile.rows && quad < HEAD_QUADS) {
      query = q[((tile.row + row) * HEADS + head) * HEAD_QUADS + quad] * (SCALE * LOG2_E);
    }
    left[e % SLICE * LEFT_PITCH + row] = query;
  }
}

fn loadKeys(sequence: u32, kvHead: u32, base: u32, end: u32, slice: u32, thread: u32) {
  for (var e = thread; e < POSITIONS * SLICE; e += THREADS) {
    let p = e / SLICE;
    let quad = slice + e % SLICE;
    var key = vec4<f32>();
    if (base + p < end && quad < HEAD_QUADS) {
      key = keyQuad(kvIndex(sequence, base + p, kvHead), quad);
    }
    right[e % SLICE * RIGHT_PITCH + p % 4 * 8 + p / 4] = key;
  }
}

fn loadValues(sequence: u32, kvHead: u32, base: u32, end: u32, thread: u32) {
  for (var e = thread; e < VALUE_POSITIONS * HEAD_QUADS; e += THREADS) {
    let p = e / HEAD_QUADS;
    var value = vec4<f32>();
    if (base + p < end) {
      value = valueQuad(kvIndex(sequence, base + p, kvHead), e % HEAD_QUADS);
    }
    right[e] = value;
  }
}
