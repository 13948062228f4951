// Mat-vec where a CPU plays the GPU: out[m, n] = sum over k of w[n, k] * x[m, k]
//
// One thread per row of w and COLS rows of x: no barriers, which are dear there, and loops that are kept
// loops, since compiling takes longer than running what is unrolled.

override TEAMS: u32;  // threads in a workgroup
override COLS: u32;   // 1 to 8

@compute @workgroup_size(TEAMS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let n = (group.y * groups.x + group.x) * TEAMS + thread;
  let row = min(n, N - 1u);
  let first_m = group.z * COLS;

  if (COLS == 1u) {
    var sum = 0.0;
    for (var unit = 0u; unit < UNITS; unit++) {
      sum += dot32(weights(row, unit), activations(first_m, unit));
    }
    write(first_m, n, sum);
    return;
  }

  var sums: array<f32, 8>;
  for (var unit = 0u; unit < UNITS; unit++) {
    let w = weights(row, unit);
    for (var i = 0u; i < COLS; i++) {
      sums[i] += dot32(w, activations(first_m + i, unit));
    }
  }
  for (var i = 0u; i < COLS; i++) {
    write(first_m + i, n, sums[i]);
  }
}

fn activations(m: u32, unit: u32) -> Values {
  let four = unit * 8u;
  return Values(
    read_x(m, four),
    read_x(m, four + 1u),
    read_x(m, four + 2u),
    read_x(m, four + 3u),
    read_x(m, four + 4u),
    read_x(m, four + 5u),
    read_x(m, four + 6u),
    read_x(m, four + 7u),
  );
}
