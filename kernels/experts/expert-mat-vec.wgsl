// Expert mat-vec: out[pair, n] = sum over k of w[expert of the pair, n, k] * x[row of the pair, k], for few pairs
//
// A team of LANES threads takes a row of w for one pair, which is z; its lanes stride over the row's units. Pairs of
// experts that are not in this stack are left as they are. At the end `reduce`, of another file, adds up.

override SHARE: u32;       // pairs that read the same row of x
override OUT_STRIDE: u32;  // values per pair of `out`
override OUT_OFFSET: u32;  // where in it row 0 of an expert goes
override LANES: u32;       // a power of two
override TEAMS: u32;       // per workgroup

alias Sums = f32;

@group(0) @binding(3) var<storage, read_write> out: array<f32>;  // (pairs, OUT_STRIDE)
@group(0) @binding(4) var<storage, read> routes: array<Route>;   // (pairs)

@compute @workgroup_size(LANES * TEAMS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let pair = group.z;
  let expert = routes[pair].expert - FIRST;
  if (expert >= EXPERTS) {
    return;
  }
  let n = (group.y * groups.x + group.x) * TEAMS + thread / LANES;
  let lane = thread % LANES;
  let row = stack_row(expert, min(n, N - 1u));

  var sum = 0.0;
  for (var unit = lane; unit < UNITS; unit += LANES) {
    sum += product(row, pair / SHARE, unit);
  }
  let total = reduce(sum, thread);
  if (lane == 0u && n < N) {
    out[pair * OUT_STRIDE + OUT_OFFSET + n] = total;
  }
}
