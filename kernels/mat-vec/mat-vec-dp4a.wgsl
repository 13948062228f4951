// Mat-vec in integers: out[m, n] = sum over k of w[n, k] * x[m, k], for few rows of x, in int8
//
// A team of LANES threads takes ROWS rows of w and COLS rows of x. Its lanes stride over the units of the rows,
// so that neighbours read neighbouring weights, and each unit of weights is unpacked once for all COLS. x is a
// quarter of what it is in f32 and comes from the caches. At the end `reduce`, of
// another file, adds up the team's sums.

override LANES: u32;  // a power of two
override TEAMS: u32;  // per workgroup
override ROWS: u32;   // 1, 2 or 4
override COLS: u32;   // 1, 2, 4 or 8
override AHEAD: u32;  // units of each lane that are asked for before x is made; AHEAD * ROWS is 4 at most

override THREADS: u32 = LANES * TEAMS;

alias Sums = f32;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let team = (group.y * groups.x + group.x) * TEAMS + thread / LANES;
  let lane = thread % LANES;
  let row = team * ROWS;
  let col = group.z * COLS;

  // Memory answers while x is made
  var ahead: array<Integers, 4>; // (AHEAD, ROWS)
  for (var a = 0u; a < AHEAD; a++) {
    for (var r = 0u; r < ROWS; r++) {
      ahead[a * ROWS + r] = load32i(min(row + r, N - 1u), min(lane + a * LANES, UNITS - 1u));
    }
  }
  prepare(thread);
  var sums: array<f32, 32>; // (COLS, ROWS)
  for (var a = 0u; a < AHEAD; a++) {
    let unit = lane + a * LANES;
    if (unit < UNITS) {
      for (var c = 0u; c < COLS; c++) {
        let values = inputs(col + c, unit);
        for (var r = 0u; r < ROWS; r++) {
          sums[c * ROWS + r] += dot32i(ahead[a * ROWS + r], values);
        }
      }
    }
  }
  for (var unit = lane + AHEAD * LANES; unit < UNITS; unit += LANES) {
    var w: array<Integers, 4>;
    for (var r = 0u; r < ROWS; r++) {
      // Rows past N repeat the last one
      w[r] = load32i(min(row + r, N - 1u), unit);
    }
    for (var c = 0u; c < COLS; c++) {
      let values = inputs(col + c, unit);
      for (var r = 0u; r < ROWS; r++) {
        sums[c * ROWS + r] += dot32i(w[r], values);
      }
    }
  }

  for (var i = 0u; i < COLS * ROWS; i++) {
    let total = reduce(sums[i], thread);
    if (lane == 0u) {
      write(col + i / ROWS, row + i % ROWS, total);
    }
  }
}
