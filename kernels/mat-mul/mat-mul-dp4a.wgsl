// Mat-mul in integers: out[m, n] = sum over k of w[n, k] * x[m, k], for many rows of x, in int8
//
// A workgroup makes a tile of EACH_N SIDE_N by EACH_M SIDE_M outputs. Its SLICES teams share the tile's k: all threads copy
// the bytes and scales of DEPTH units of 32 values for each team into workgroup memory, then each adds up products of its
// team's units for EACH_N rows of w, SIDE_N apart, and EACH_M of x, SIDE_M apart. What is copied next is asked for before,
// so that memory answers meanwhile. In the end the teams' sums are added up. Which tile it is and where its rows lie is said
// by another file: `tile_at`, `weight_row` and `x_row`; the division's sizes by the wrapper.

const TEAM = SIDE_N * SIDE_M;
const THREADS = TEAM * SLICES;
const TILE_N = EACH_N * SIDE_N;
const TILE_M = EACH_M * SIDE_M;
const STAGED = SLICES * DEPTH;  // units at a time
const FOURS = EACH_M / 4u;

// Of a thread's copies
const COPIES_W = (STAGED * TILE_N + THREADS - 1u) / THREADS;
const COPIES_X = (STAGED * TILE_M + THREADS - 1u) / THREADS;

// A unit of a row, 48 bytes: eight neighbours begin at different banks
struct Unit {
  low: vec4<u32>,
  high: vec4<u32>,
  scales: vec2<f32>,
}

// One unit of all rows. Neighbours write different units: the room makes those begin at different banks
const ROOM = max(1u, 8u / STAGED);
struct Weights {
  rows: array<array<Unit, SIDE_N>, EACH_N>, // scales: of low, and of high where TWO_SCALES; else offset
  room: array<vec4<u32>, ROOM>,
}
struct Rows {
  rows: array<array<Unit, SIDE_M>, EACH_M>, // scales: d, sum
  room: array<vec4<u32>, ROOM>,
}

var<workgroup> ws: array<Weights, STAGED>;
var<workgroup> xs: array<Rows, STAGED>;
var<workgroup> partial: array<vec4<f32>, (SLICES - 1u) * TEAM + 1u>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let slice = thread / TEAM;
  let n = thread % TEAM % SIDE_N;
  let m = thread % TEAM / SIDE_N;
  let tile = tile_at(group);
  if (tile.is_empty) {
    return;
  }
  // For each of the thread's rows of w: its products with the rows of x
  var sums: array<array<vec4<f32>, FOURS>, EACH_N>;
  var next_w: array<Unit, COPIES_W>;
  var next_x: array<Unit, COPIES_X>;

  ask(&next_w, &next_x, tile, 0u, thread);

  for (var start = 0u; start < UNITS; start += STAGED) {
    workgroupBarrier();
    keep(&next_w, &next_x, thread);
    workgroupBarrier();
    ask(&next_w, &next_x, tile, start + STAGED, thread);

    for (var depth = 0u; depth < DEPTH; depth++) {
      let unit = slice * DEPTH + depth;
      var x: array<Inputs, EACH_M>;
      for (var j = 0u; j < EACH_M; j++) {
        let own = xs[unit].rows[j][m];
        x[j] = Inputs(own.low, own.high, own.scales.x, own.scales.y);
      }
      for (var i = 0u; i < EACH_N; i++) {
        let own = ws[unit].rows[i][n];
        let w = Integers(own.low, own.high, own.scales, own.scales.y);
        for (var four = 0u; four < FOURS; four++) {
          let j = 4u * four;
          sums[i][four] = vec4<f32>(
            add32i(w, x[j], sums[i][four].x),
            add32i(w, x[j + 1u], sums[i][four].y),
            add32i(w, x[j + 2u], sums[i][four].z),
            add32i(w, x[j + 3u], sums[i][four].w),
          );
        }
      }
    }
  }

  for (var i = 0u; i < EACH_N; i++) {
    for (var four = 0u; four < FOURS; four++) {
      let all = added(sums[i][four], slice, thread);
      if (slice == 0u) {
        for (var j = 0u; j < 4u; j++) {
          write(tile.m + m + (4u * four + j) * SIDE_M, tile.n + n + i * SIDE_N, all[j]);
        }
      }
    }
  }
}

// A thread's copies of the units from `start` on: threads that are neighbours read neighbouring units of a row
fn ask(
  next_w: ptr<function, array<Unit, COPIES_W>>,
  next_x: ptr<function, array<Unit, COPIES_X>>,
  tile: Tile,
  start: u32,
  thread: u32,
) {
  for (var i = 0u; i < COPIES_W; i++) {
    let item = thread + i * THREADS;
    next_w[i] = weight_unit(tile.n + item / STAGED, start + item % STAGED);
  }
  for (var i = 0u; i < COPIES_X; i++) {
    let item = thread + i * THREADS;
    next_x[i] = input_unit(tile.m + item / STAGED, start + item % STAGED);
  }
}

fn keep(
  next_w: ptr<function, array<Unit, COPIES_W>>,
  next_x: ptr<function, array<Unit, COPIES_X>>,
  thread: u32,
) {
  for (var i = 0u; i < COPIES_W; i++) {
    let item = thread + i * THREADS;
    let row = item / STAGED;
    if (STAGED * TILE_N % THREADS == 0u || item < STAGED * TILE_N) {
      ws[item % STAGED].rows[row / SIDE_N][row % SIDE_N] = next_w[i];
    }
  }
  for (var i = 0u; i < COPIES_X; i++) {
    let item = thread + i * THREADS;
    let row = item / STAGED;
    if (STAGED * TILE_M % THREADS == 0u || item < STAGED * TILE_M) {
      xs[item % STAGED].rows[row / SIDE_M][row % SIDE_M] = next_x[i];
    }
  }
}

// The sums of all teams, for the first of them
fn added(own: vec4<f32>, slice: u32, thread: u32) -> vec4<f32> {
  if (SLICES == 1u) {
    return own;
  }
  workgroupBarrier();
  if (slice > 0u) {
    partial[thread - TEAM] = own;
  }
  workgroupBarrier();
  var all = own;
  for (var other = 1u; other < SLICES; other++) {
    all += partial[(other - 1u) * TEAM + thread % TEAM];
  }
  return all;
}

// sum + dot32i(w, x): multiplied and added in one, which is a third of what is not integers
fn add32i(w: Integers, x: Inputs, sum: f32) -> f32 {
  if (TWO_SCALES) {
    let low = whole(dot16i(w.low, x.low, bitcast<i32>(BIAS)));
    let high = whole(dot16i(w.high, x.high, bitcast<i32>(BIAS)));
    return fma(w.scale.x * low + w.scale.y * high, x.d, sum);
  }
  let all = whole(dot16i(w.high, x.high, dot16i(w.low, x.low, bitcast<i32>(BIAS))));
  return fma(w.offset, x.sum, fma(w.scale.x * x.d, all, sum));
}

// Units past the row's end count nothing by the scales of x
fn weight_unit(row: u32, unit: u32) -> Unit {
  let w = load32i(weight_row(row), min(unit, UNITS - 1u));
  return Unit(w.low, w.high, vec2<f32>(w.scale.x, select(w.offset, w.scale.y, TWO_SCALES)));
}

fn input_unit(row: u32, unit: u32) -> Unit {
  let x = inputs(x_row(row), min(unit, UNITS - 1u));
  return Unit(x.low, x.high, select(vec2<f32>(), vec2<f32>(x.d, x.sum), unit < UNITS));
}
