// Mat-vec: out[m, n] = sum over k of w[n, k] * x[m, k], for few rows of x
//
// A team of LANES threads takes ROWS rows of w and COLS rows of x. Its lanes stride over the units of the rows,
// so that neighbours read neighbouring weights, each weight is unpacked once for all COLS and each value of x
// read once for all ROWS. Of x the workgroup keeps CHUNK units at a time in its memory, where lanes that are
// a unit apart can read it at full speed. At the end `reduce`, of another file, adds up the team's sums.

override LANES: u32;  // a power of two
override TEAMS: u32;  // per workgroup
override ROWS: u32;   // 1, 2 or 4
override COLS: u32;   // 1, 2, 4 or 8
override CHUNK: u32;

alias Sums = vec4<f32>; // with each row of w

var<workgroup> staged: array<Four, COLS * CHUNK * 8u>; // (COLS, CHUNK, 8), each line shuffled by `slot`

@compute @workgroup_size(LANES * TEAMS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let team = (group.y * groups.x + group.x) * TEAMS + thread / LANES;
  let lane = thread % LANES;
  let row = team * ROWS;
  let col = group.z * COLS;

  // For each row of x, its products with the rows of w
  var sum0: vec4<f32>;
  var sum1: vec4<f32>;
  var sum2: vec4<f32>;
  var sum3: vec4<f32>;
  var sum4: vec4<f32>;
  var sum5: vec4<f32>;
  var sum6: vec4<f32>;
  var sum7: vec4<f32>;

  for (var start = 0u; start < UNITS; start += CHUNK) {
    stage(col, start, thread);
    let end = min(start + CHUNK, UNITS);
    for (var unit = start + lane; unit < end; unit += LANES) {
      let w = rows_of_weights(row, unit);
      sum0 += products(w, activations(0u, unit - start));
      if (COLS > 1u) {
        sum1 += products(w, activations(1u, unit - start));
      }
      if (COLS > 2u) {
        sum2 += products(w, activations(2u, unit - start));
        sum3 += products(w, activations(3u, unit - start));
      }
      if (COLS > 4u) {
        sum4 += products(w, activations(4u, unit - start));
        sum5 += products(w, activations(5u, unit - start));
        sum6 += products(w, activations(6u, unit - start));
        sum7 += products(w, activations(7u, unit - start));
      }
    }
  }

  // Kept a loop: here the size of the code costs more than its speed saves
  var sums = array<vec4<f32>, 8>(sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7);
  for (var i = 0u; i < COLS; i++) {
    let total = reduce(sums[i], thread);
    if (lane == 0u) {
      for (var r = 0u; r < ROWS; r++) {
        write(col + i, row + r, total[r]);
      }
    }
  }
}

fn stage(col: u32, start: u32, thread: u32) {
  workgroupBarrier();
  for (var i = thread; i < COLS * CHUNK * 8u; i += LANES * TEAMS) {
    let line = i / 8u;
    staged[slot(line, i % 8u)] = read_x(col + line / CHUNK, (start + line % CHUNK) * 8u + i % 8u);
  }
  workgroupBarrier();
}

fn activations(col: u32, unit: u32) -> Values {
  let line = col * CHUNK + unit;
  return Values(
    staged[slot(line, 0u)],
    staged[slot(line, 1u)],
    staged[slot(line, 2u)],
    staged[slot(line, 3u)],
    staged[slot(line, 4u)],
    staged[slot(line, 5u)],
    staged[slot(line, 6u)],
    staged[slot(line, 7u)],
  );
}

// Rows past N repeat the last one
fn rows_of_weights(row: u32, unit: u32) -> array<Values, 4> {
  var w: array<Values, 4>;
  w[0] = weights(min(row, N - 1u), unit);
  if (ROWS > 1u) {
    w[1] = weights(min(row + 1u, N - 1u), unit);
  }
  if (ROWS > 2u) {
    w[2] = weights(min(row + 2u, N - 1u), unit);
    w[3] = weights(min(row + 3u, N - 1u), unit);
  }
  return w;
}

fn products(w: array<Values, 4>, values: Values) -> vec4<f32> {
  var sums = vec4<f32>(dot32(w[0], values), 0.0, 0.0, 0.0);
  if (ROWS > 1u) {
    sums.y = dot32(w[1], values);
  }
  if (ROWS > 2u) {
    sums.z = dot32(w[2], values);
    sums.w = dot32(w[3], values);
  }
  return sums;
}
