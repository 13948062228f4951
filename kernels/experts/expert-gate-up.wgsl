// Gate and up of experts in integers, for few pairs of rows of x in int8: act(gate, up), in int8 again
//
// A workgroup makes a unit (32 values) of one pair, which is z: 32 teams of LANES threads, a row of gate and one of up
// each, as in expert-mat-vec.wgsl. Another file says which expert a pair's is (`route_of`). Eight threads then quantize the unit as kernels/quantize does. Pairs of experts
// that are not in this stack are left as they are.

override FFN: u32 = N / 2u;  // a multiple of 32
override SHARE: u32;         // pairs that read the same row of x
override LANES: u32;         // a power of two
override AHEAD: bool;        // whether each lane asks for its first unit before x is made

override TEAMS: u32 = 32u;
override THREADS: u32 = LANES * TEAMS;
override OUT_UNITS: u32 = FFN / 32u;
override OUT_LINE: u32 = 8u * OUT_UNITS + 4u * ((OUT_UNITS + 1u) / 2u);

alias Sums = vec2<f32>; // gate, up

@group(0) @binding(3) var<storage, read_write> out: array<u32>;  // (pairs, OUT_LINE)
@group(0) @binding(6) var<storage, read> bias: array<f32>;       // where BIASED

// As in quantize-fours.wgsl
const LEAST_PEAK = 1e-30;

var<workgroup> made: array<f32, 32>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let pair = group.z;
  let out_unit = group.y * groups.x + group.x;
  let route = route_of(pair, out_unit, thread);
  let expert = route.expert - FIRST;
  if (expert >= EXPERTS || out_unit >= OUT_UNITS) {
    return;
  }
  let team = thread / LANES;
  let lane = thread % LANES;
  let n = out_unit * 32u + team;
  let gate_row = stack_row(expert, n);
  let up_row = stack_row(expert, FFN + n);

  // Memory answers while x is made
  var first_gate = Integers();
  var first_up = Integers();
  if (AHEAD) {
    first_gate = load32i(gate_row, min(lane, UNITS - 1u));
    first_up = load32i(up_row, min(lane, UNITS - 1u));
  }
  prepare(thread);
  var sums = Sums();
  if (AHEAD && lane < UNITS) {
    let values = inputs(pair / SHARE, lane);
    sums = Sums(dot32i(first_gate, values), dot32i(first_up, values));
  }
  for (var unit = lane + select(0u, LANES, AHEAD); unit < UNITS; unit += LANES) {
    let gate = load32i(gate_row, unit);
    let up = load32i(up_row, unit);
    let values = inputs(pair / SHARE, unit);
    sums += Sums(dot32i(gate, values), dot32i(up, values));
  }
  let total = reduce(sums, thread);
  if (lane == 0u) {
    made[team] = inner(route, n, total.x, total.y);
  }
  workgroupBarrier();
  if (thread < 8u) {
    quantize(pair, out_unit, thread);
  }
}

// Part 0..7 of the unit, four values
fn quantize(pair: u32, unit: u32, part: u32) {
  var peak = 0.0;
  for (var i = 0u; i < 32u; i++) {
    peak = max(peak, abs(made[i]));
  }
  let d = select(0.0, peak / 127.0, peak > LEAST_PEAK);
  let times = select(0.0, 127.0 / peak, peak > LEAST_PEAK);
  let at = pair * OUT_LINE;
  out[at + (part / 4u) * 4u * OUT_UNITS + 4u * unit + part % 4u] = pack4xI8(whole4(part, times));
  if (part == 0u) {
    var total = vec4<i32>();
    for (var i = 0u; i < 8u; i++) {
      total += whole4(i, times);
    }
    out[at + 8u * OUT_UNITS + 2u * unit] = bitcast<u32>(d);
    out[at + 8u * OUT_UNITS + 2u * unit + 1u] = bitcast<u32>(d * f32(total.x + total.y + total.z + total.w));
  }
}

fn whole4(part: u32, times: f32) -> vec4<i32> {
  let first = 4u * part;
  return vec4<i32>(round(vec4<f32>(made[first], made[first + 1u], made[first + 2u], made[first + 3u]) * times));
}
