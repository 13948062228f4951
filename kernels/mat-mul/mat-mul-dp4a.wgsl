// Mat-mul in integers: out[m, n] = sum over k of w[n, k] * x[m, k], for many rows of x, in int8
//
// A workgroup makes a tile of EACH_N SIDE_N by 4 SIDE_M outputs, DEPTH units of 32 values of k at a time: its threads
// copy the units' bytes and scales of w and x into workgroup memory, then each adds up products for EACH_N rows of w,
// SIDE_N apart, and 4 of x, SIDE_M apart. Which tile it is and where its rows lie is said by another file: `tile_at`,
// `weight_row` and `x_row`.

override SIDE_N: u32;  // threads along n
override SIDE_M: u32;  // threads along m
override EACH_N: u32;  // 8 at most
override DEPTH: u32;

override THREADS: u32 = SIDE_N * SIDE_M;
override TILE_N: u32 = EACH_N * SIDE_N;
override TILE_M: u32 = 4u * SIDE_M;

var<workgroup> w_low: array<vec4<u32>, DEPTH * TILE_N>;
var<workgroup> w_high: array<vec4<u32>, DEPTH * TILE_N>;
var<workgroup> w_scales: array<vec4<f32>, DEPTH * TILE_N>; // scales of low and high, offset
var<workgroup> x_low: array<vec4<u32>, DEPTH * TILE_M>;
var<workgroup> x_high: array<vec4<u32>, DEPTH * TILE_M>;
var<workgroup> x_scales: array<vec2<f32>, DEPTH * TILE_M>; // d, sum

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let n = thread % SIDE_N;
  let m = thread / SIDE_N;
  let tile = tile_at(group);
  if (tile.is_empty) {
    return;
  }
  let first_n = tile.n;
  let first_m = tile.m;

  // For each of the thread's rows of w: its products with the rows of x
  var sums: array<vec4<f32>, 8>;

  for (var start = 0u; start < UNITS; start += DEPTH) {
    workgroupBarrier();
    // Threads that are neighbours read neighbouring units of a row, and rows from there
    for (var i = thread; i < DEPTH * TILE_N; i += THREADS) {
      stage_weights(i % DEPTH * TILE_N + i / DEPTH, first_n + i / DEPTH, start + i % DEPTH);
    }
    for (var i = thread; i < DEPTH * TILE_M; i += THREADS) {
      stage_inputs(i % DEPTH * TILE_M + i / DEPTH, first_m + i / DEPTH, start + i % DEPTH);
    }
    workgroupBarrier();

    for (var unit = 0u; unit < DEPTH; unit++) {
      let x0 = staged_inputs(unit * TILE_M + m);
      let x1 = staged_inputs(unit * TILE_M + m + SIDE_M);
      let x2 = staged_inputs(unit * TILE_M + m + 2u * SIDE_M);
      let x3 = staged_inputs(unit * TILE_M + m + 3u * SIDE_M);
      for (var i = 0u; i < EACH_N; i++) {
        let w = staged_weights(unit * TILE_N + n + i * SIDE_N);
        sums[i] += vec4<f32>(dot32i(w, x0), dot32i(w, x1), dot32i(w, x2), dot32i(w, x3));
      }
    }
  }

  for (var i = 0u; i < 4u * EACH_N; i++) {
    write(first_m + m + i % 4u * SIDE_M, first_n + n + i / 4u * SIDE_N, sums[i / 4u][i % 4u]);
  }
}

// Units past the row's end count nothing by the scales of x
fn stage_weights(slot: u32, row: u32, unit: u32) {
  let w = load32i(weight_row(row), min(unit, UNITS - 1u));
  w_low[slot] = w.low;
  w_high[slot] = w.high;
  w_scales[slot] = vec4<f32>(w.scale, w.offset, 0.0);
}

fn stage_inputs(slot: u32, row: u32, unit: u32) {
  let values = inputs(x_row(row), min(unit, UNITS - 1u));
  x_low[slot] = values.low;
  x_high[slot] = values.high;
  x_scales[slot] = select(vec2<f32>(), vec2<f32>(values.d, values.sum), unit < UNITS);
}

fn staged_weights(slot: u32) -> Integers {
  let scales = w_scales[slot];
  return Integers(w_low[slot], w_high[slot], scales.xy, scales.z);
}

fn staged_inputs(slot: u32) -> Inputs {
  let scales = x_scales[slot];
  return Inputs(x_low[slot], x_high[slot], scales.x, scales.y);
}
