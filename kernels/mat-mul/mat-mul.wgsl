// Mat-mul: out[m, n] = sum over k of w[n, k] * x[m, k], for many rows of x
//
// A workgroup makes a tile of 8 SIDE_N by 8 SIDE_M outputs, a unit of 32 values of k at a time: its threads
// unpack the rows of w and read the rows of x into workgroup memory, then each adds up products for 8 rows of
// w, SIDE_N apart, and 8 of x, SIDE_M apart. Which tile it is and where its rows lie is said by another file: `tile_at`,
// `weight_row` and `x_row`.

override SIDE_N: u32;  // threads along n
override SIDE_M: u32;  // threads along m

override THREADS: u32 = SIDE_N * SIDE_M;
override TILE_N: u32 = 8u * SIDE_N;
override TILE_M: u32 = 8u * SIDE_M;

var<workgroup> tile_w: array<Four, TILE_N * 8u>; // (TILE_N, 8), each line shuffled by `slot`
var<workgroup> tile_x: array<Four, TILE_M * 8u>; // (TILE_M, 8), likewise

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

  // For the thread's row i of x: its products with rows 0..3 of w in `low<i>`, 4..7 in `high<i>`
  var low0: vec4<f32>;
  var low1: vec4<f32>;
  var low2: vec4<f32>;
  var low3: vec4<f32>;
  var low4: vec4<f32>;
  var low5: vec4<f32>;
  var low6: vec4<f32>;
  var low7: vec4<f32>;
  var high0: vec4<f32>;
  var high1: vec4<f32>;
  var high2: vec4<f32>;
  var high3: vec4<f32>;
  var high4: vec4<f32>;
  var high5: vec4<f32>;
  var high6: vec4<f32>;
  var high7: vec4<f32>;

  for (var unit = 0u; unit < UNITS; unit++) {
    workgroupBarrier();
    for (var line = thread; line < TILE_N; line += THREADS) {
      stage_weights(line, weights(weight_row(first_n + line), unit));
    }
    for (var i = thread; i < TILE_M * 8u; i += THREADS) {
      tile_x[slot(i / 8u, i % 8u)] = read_x(x_row(first_m + i / 8u), unit * 8u + i % 8u);
    }
    workgroupBarrier();

    for (var four = 0u; four < 8u; four++) {
      let w0 = tile_w[slot(n, four)];
      let w1 = tile_w[slot(n + SIDE_N, four)];
      let w2 = tile_w[slot(n + 2u * SIDE_N, four)];
      let w3 = tile_w[slot(n + 3u * SIDE_N, four)];
      let w4 = tile_w[slot(n + 4u * SIDE_N, four)];
      let w5 = tile_w[slot(n + 5u * SIDE_N, four)];
      let w6 = tile_w[slot(n + 6u * SIDE_N, four)];
      let w7 = tile_w[slot(n + 7u * SIDE_N, four)];

      let x0 = tile_x[slot(m, four)];
      low0 = products(w0, w1, w2, w3, x0, low0);
      high0 = products(w4, w5, w6, w7, x0, high0);
      let x1 = tile_x[slot(m + SIDE_M, four)];
      low1 = products(w0, w1, w2, w3, x1, low1);
      high1 = products(w4, w5, w6, w7, x1, high1);
      let x2 = tile_x[slot(m + 2u * SIDE_M, four)];
      low2 = products(w0, w1, w2, w3, x2, low2);
      high2 = products(w4, w5, w6, w7, x2, high2);
      let x3 = tile_x[slot(m + 3u * SIDE_M, four)];
      low3 = products(w0, w1, w2, w3, x3, low3);
      high3 = products(w4, w5, w6, w7, x3, high3);
      let x4 = tile_x[slot(m + 4u * SIDE_M, four)];
      low4 = products(w0, w1, w2, w3, x4, low4);
      high4 = products(w4, w5, w6, w7, x4, high4);
      let x5 = tile_x[slot(m + 5u * SIDE_M, four)];
      low5 = products(w0, w1, w2, w3, x5, low5);
      high5 = products(w4, w5, w6, w7, x5, high5);
      let x6 = tile_x[slot(m + 6u * SIDE_M, four)];
      low6 = products(w0, w1, w2, w3, x6, low6);
      high6 = products(w4, w5, w6, w7, x6, high6);
      let x7 = tile_x[slot(m + 7u * SIDE_M, four)];
      low7 = products(w0, w1, w2, w3, x7, low7);
      high7 = products(w4, w5, w6, w7, x7, high7);
    }
  }

  // Kept a loop: here the size of the code costs more than its speed saves
  var sums = array<vec4<f32>, 16>(
    low0, high0, low1, high1, low2, high2, low3, high3,
    low4, high4, low5, high5, low6, high6, low7, high7,
  );
  for (var i = 0u; i < 64u; i++) {
    write(first_m + m + i / 8u * SIDE_M, first_n + n + i % 8u * SIDE_N, sums[i / 4u][i % 4u]);
  }
}

fn products(w0: Four, w1: Four, w2: Four, w3: Four, values: Four, sums: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(
    dot4(w0, values, sums.x),
    dot4(w1, values, sums.y),
    dot4(w2, values, sums.z),
    dot4(w3, values, sums.w),
  );
}

fn stage_weights(line: u32, values: Values) {
  tile_w[slot(line, 0u)] = values[0];
  tile_w[slot(line, 1u)] = values[1];
  tile_w[slot(line, 2u)] = values[2];
  tile_w[slot(line, 3u)] = values[3];
  tile_w[slot(line, 4u)] = values[4];
  tile_w[slot(line, 5u)] = values[5];
  tile_w[slot(line, 6u)] = values[6];
  tile_w[slot(line, 7u)] = values[7];
}
