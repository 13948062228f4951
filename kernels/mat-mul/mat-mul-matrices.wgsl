// Mat-mul by subgroup matrices: out[m, n] = sum over k of w[n, k] * x[m, k], products of f16 summed in f32
//
// A workgroup makes a tile of 64 SIDE_N by 16 EACH_M SIDE_M outputs, each of its subgroups EACH_M by 4 matrices of 16 by 16.
// Its threads unpack DEPTH units of 32 values of k of each row into workgroup memory as f16; what comes next is asked for
// before the products. In the end matrices go through workgroup memory too, since only values of their own rows may be written.
// Matrices are variables of their own: an array of them would not stay in registers. Which tile it is and where its rows lie is
// said by another file: `tile_at`, `weight_row` and `x_row`; `x_unit` gives a unit of x; the division's sizes by the wrapper.

const THREADS = SUBGROUP * SIDE_N * SIDE_M;
const TILE_N = 64u * SIDE_N;
const TILE_M = 16u * EACH_M * SIDE_M;

// Of a thread's copies
const COPIES_W = (DEPTH * TILE_N + THREADS - 1u) / THREADS;
const COPIES_X = (DEPTH * TILE_M + THREADS - 1u) / THREADS;

// Eight f16 each: a row's units, and room that makes rows begin at different banks
const STRIDE = 4u * DEPTH + 1u;

var<workgroup> w_lines: array<vec4<u32>, TILE_N * STRIDE>;
var<workgroup> x_lines: array<vec4<u32>, TILE_M * STRIDE>;
var<workgroup> outs: array<f32, 256u * SIDE_N * SIDE_M>;  // (subgroups, 16, 16)

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = tile_at(group);
  if (tile.is_empty) {
    return;
  }
  let own_n = subgroup % SIDE_N * 64u;
  let own_m = subgroup / SIDE_N * 16u * EACH_M;

  // Rows of x by rows of w, sixteen each
  var sums00: Sums;
  var sums01: Sums;
  var sums02: Sums;
  var sums03: Sums;
  var sums10: Sums;
  var sums11: Sums;
  var sums12: Sums;
  var sums13: Sums;
  var sums20: Sums;
  var sums21: Sums;
  var sums22: Sums;
  var sums23: Sums;
  var sums30: Sums;
  var sums31: Sums;
  var sums32: Sums;
  var sums33: Sums;

  var next_w: array<Values, COPIES_W>;
  var next_x: array<Values, COPIES_X>;
  ask(&next_w, &next_x, tile, 0u, thread);

  for (var start = 0u; start < UNITS; start += DEPTH) {
    workgroupBarrier();
    keep(&next_w, &next_x, thread);
    workgroupBarrier();
    ask(&next_w, &next_x, tile, start + DEPTH, thread);

    for (var half = 0u; half < 2u * DEPTH; half++) {
      let w_at = own_n * STRIDE + 2u * half;
      let w0 = subgroupMatrixLoad<Right, col_major>(&w_lines, w_at, STRIDE);
      let w1 = subgroupMatrixLoad<Right, col_major>(&w_lines, w_at + 16u * STRIDE, STRIDE);
      let w2 = subgroupMatrixLoad<Right, col_major>(&w_lines, w_at + 32u * STRIDE, STRIDE);
      let w3 = subgroupMatrixLoad<Right, col_major>(&w_lines, w_at + 48u * STRIDE, STRIDE);

      let x_at = own_m * STRIDE + 2u * half;
      let x0 = subgroupMatrixLoad<Left, row_major>(&x_lines, x_at, STRIDE);
      sums00 = subgroupMatrixMultiplyAccumulate(x0, w0, sums00);
      sums01 = subgroupMatrixMultiplyAccumulate(x0, w1, sums01);
      sums02 = subgroupMatrixMultiplyAccumulate(x0, w2, sums02);
      sums03 = subgroupMatrixMultiplyAccumulate(x0, w3, sums03);
      let x1 = subgroupMatrixLoad<Left, row_major>(&x_lines, x_at + 16u * STRIDE, STRIDE);
      sums10 = subgroupMatrixMultiplyAccumulate(x1, w0, sums10);
      sums11 = subgroupMatrixMultiplyAccumulate(x1, w1, sums11);
      sums12 = subgroupMatrixMultiplyAccumulate(x1, w2, sums12);
      sums13 = subgroupMatrixMultiplyAccumulate(x1, w3, sums13);
      if (EACH_M == 4u) {
        let x2 = subgroupMatrixLoad<Left, row_major>(&x_lines, x_at + 32u * STRIDE, STRIDE);
        sums20 = subgroupMatrixMultiplyAccumulate(x2, w0, sums20);
        sums21 = subgroupMatrixMultiplyAccumulate(x2, w1, sums21);
        sums22 = subgroupMatrixMultiplyAccumulate(x2, w2, sums22);
        sums23 = subgroupMatrixMultiplyAccumulate(x2, w3, sums23);
        let x3 = subgroupMatrixLoad<Left, row_major>(&x_lines, x_at + 48u * STRIDE, STRIDE);
        sums30 = subgroupMatrixMultiplyAccumulate(x3, w0, sums30);
        sums31 = subgroupMatrixMultiplyAccumulate(x3, w1, sums31);
        sums32 = subgroupMatrixMultiplyAccumulate(x3, w2, sums32);
        sums33 = subgroupMatrixMultiplyAccumulate(x3, w3, sums33);
      }
    }
  }

  let to = Tile(tile.m + own_m, tile.n + own_n, false);
  write_out(sums00, to.m + 0u, to.n + 0u, subgroup, lane);
  write_out(sums01, to.m + 0u, to.n + 16u, subgroup, lane);
  write_out(sums02, to.m + 0u, to.n + 32u, subgroup, lane);
  write_out(sums03, to.m + 0u, to.n + 48u, subgroup, lane);
  write_out(sums10, to.m + 16u, to.n + 0u, subgroup, lane);
  write_out(sums11, to.m + 16u, to.n + 16u, subgroup, lane);
  write_out(sums12, to.m + 16u, to.n + 32u, subgroup, lane);
  write_out(sums13, to.m + 16u, to.n + 48u, subgroup, lane);
  if (EACH_M == 4u) {
    write_out(sums20, to.m + 32u, to.n + 0u, subgroup, lane);
    write_out(sums21, to.m + 32u, to.n + 16u, subgroup, lane);
    write_out(sums22, to.m + 32u, to.n + 32u, subgroup, lane);
    write_out(sums23, to.m + 32u, to.n + 48u, subgroup, lane);
    write_out(sums30, to.m + 48u, to.n + 0u, subgroup, lane);
    write_out(sums31, to.m + 48u, to.n + 16u, subgroup, lane);
    write_out(sums32, to.m + 48u, to.n + 32u, subgroup, lane);
    write_out(sums33, to.m + 48u, to.n + 48u, subgroup, lane);
  }
}

fn write_out(sums: Sums, m: u32, n: u32, subgroup: u32, lane: u32) {
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&outs, 256u * subgroup, sums, 16u);
  workgroupBarrier();
  for (var i = lane; i < 256u; i += SUBGROUP) {
    write(m + i / 16u, n + i % 16u, outs[256u * subgroup + i]);
  }
}

// A thread's copies of the units from `start` on: threads that are neighbours read neighbouring units of a row. Of weights
// past the row's end nothing counts, since x is zero there
fn ask(
  next_w: ptr<function, array<Values, COPIES_W>>,
  next_x: ptr<function, array<Values, COPIES_X>>,
  tile: Tile,
  start: u32,
  thread: u32,
) {
  for (var i = 0u; i < COPIES_W; i++) {
    let item = thread + i * THREADS;
    next_w[i] = weights(weight_row(tile.n + item / DEPTH), min(start + item % DEPTH, UNITS - 1u));
  }
  for (var i = 0u; i < COPIES_X; i++) {
    let item = thread + i * THREADS;
    next_x[i] = x_unit(x_row(tile.m + item / DEPTH), start + item % DEPTH);
  }
}

fn keep(
  next_w: ptr<function, array<Values, COPIES_W>>,
  next_x: ptr<function, array<Values, COPIES_X>>,
  thread: u32,
) {
  for (var i = 0u; i < COPIES_W; i++) {
    let item = thread + i * THREADS;
    if (DEPTH * TILE_N % THREADS == 0u || item < DEPTH * TILE_N) {
      for (var part = 0u; part < 4u; part++) {
        let at = item / DEPTH * STRIDE + item % DEPTH * 4u + part;
        w_lines[at] = eight(next_w[i][2u * part], next_w[i][2u * part + 1u]);
      }
    }
  }
  for (var i = 0u; i < COPIES_X; i++) {
    let item = thread + i * THREADS;
    if (DEPTH * TILE_M % THREADS == 0u || item < DEPTH * TILE_M) {
      for (var part = 0u; part < 4u; part++) {
        let at = item / DEPTH * STRIDE + item % DEPTH * 4u + part;
        x_lines[at] = eight(next_x[i][2u * part], next_x[i][2u * part + 1u]);
      }
    }
  }
}

fn eight(a: vec4<f16>, b: vec4<f16>) -> vec4<u32> {
  return vec4<u32>(bitcast<vec2<u32>>(a), bitcast<vec2<u32>>(b));
}
