// Gate and up of SwiGLU in integers, for few rows of x in int8: silu(gate) * up, in int8 again
//
//   gate[m, n] = sum over k of w[n, k] * x[m, k], up[m, n] = the same with w[FFN + n, k]
//
// A workgroup makes a unit (32 values) of COLS rows: 32 teams of LANES threads, a row of gate and one of up each,
// as in mat-vec-dp4a.wgsl. Eight threads for each of COLS then quantize the unit as kernels/quantize does.

override FFN: u32;    // a multiple of 32
override LANES: u32;  // a power of two
override COLS: u32;   // 1, 2, 4 or 8
override AHEAD: u32;  // units of each lane that are asked for before x is made, 2 at most

override TEAMS: u32 = 32u;
override THREADS: u32 = LANES * TEAMS;
override OUT_UNITS: u32 = FFN / 32u;
override OUT_LINE: u32 = 8u * OUT_UNITS + 4u * ((OUT_UNITS + 1u) / 2u);

@group(0) @binding(3) var<storage, read_write> out: array<u32>; // (M, OUT_LINE)
@group(0) @binding(4) var<uniform> counts: vec4<u32>;           // M

alias Sums = vec2<f32>; // gate, up

// Past it exp is infinite, and silu zero in f32 either way
const LARGEST_EXPONENT = 88.0;
// As in quantize-fours.wgsl
const LEAST_PEAK = 1e-30;

var<workgroup> made: array<array<f32, 32>, COLS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let out_unit = group.y * groups.x + group.x;
  let team = thread / LANES;
  let lane = thread % LANES;
  // Workgroups past the last unit do the last one's work again
  let row = min(out_unit, OUT_UNITS - 1u) * 32u + team;
  let col = group.z * COLS;

  // Memory answers while x is made
  var gates: array<Integers, 2>;
  var ups: array<Integers, 2>;
  for (var a = 0u; a < AHEAD; a++) {
    let unit = min(lane + a * LANES, UNITS - 1u);
    gates[a] = load32i(row, unit);
    ups[a] = load32i(FFN + row, unit);
  }
  prepare(thread);
  var sums: array<Sums, 8>;
  for (var a = 0u; a < AHEAD; a++) {
    let unit = lane + a * LANES;
    if (unit < UNITS) {
      for (var c = 0u; c < COLS; c++) {
        let values = inputs(col + c, unit);
        sums[c] += vec2<f32>(dot32i(gates[a], values), dot32i(ups[a], values));
      }
    }
  }
  for (var unit = lane + AHEAD * LANES; unit < UNITS; unit += LANES) {
    let gate = load32i(row, unit);
    let up = load32i(FFN + row, unit);
    for (var c = 0u; c < COLS; c++) {
      let values = inputs(col + c, unit);
      sums[c] += vec2<f32>(dot32i(gate, values), dot32i(up, values));
    }
  }
  for (var c = 0u; c < COLS; c++) {
    let total = reduce(sums[c], thread);
    if (lane == 0u) {
      made[c][team] = total.x / (1.0 + exp(min(-total.x, LARGEST_EXPONENT))) * total.y;
    }
  }
  workgroupBarrier();

  let c = thread / 8u;
  if (c < COLS && col + c < counts.x && out_unit < OUT_UNITS) {
    quantize(col + c, out_unit, thread % 8u, c);
  }
}

// Part 0..7 of a unit, four values
fn quantize(m: u32, unit: u32, part: u32, c: u32) {
  var peak = 0.0;
  for (var i = 0u; i < 32u; i++) {
    peak = max(peak, abs(made[c][i]));
  }
  let d = select(0.0, peak / 127.0, peak > LEAST_PEAK);
  let times = select(0.0, 127.0 / peak, peak > LEAST_PEAK);
  let at = m * OUT_LINE;
  out[at + (part / 4u) * 4u * OUT_UNITS + 4u * unit + part % 4u] = pack4xI8(whole4(c, part, times));
  if (part == 0u) {
    var total = vec4<i32>();
    for (var i = 0u; i < 8u; i++) {
      total += whole4(c, i, times);
    }
    out[at + 8u * OUT_UNITS + 2u * unit] = bitcast<u32>(d);
    out[at + 8u * OUT_UNITS + 2u * unit + 1u] = bitcast<u32>(d * f32(total.x + total.y + total.z + total.w));
  }
}

fn whole4(c: u32, part: u32, times: f32) -> vec4<i32> {
  let first = 4u * part;
  let values = vec4<f32>(made[c][first], made[c][first + 1u], made[c][first + 2u], made[c][first + 3u]);
  return vec4<i32>(round(values * times));
}
