// x in int8, made here: as inputs-made.wgsl, with threads that speak to their neighbours by shuffles, so that the workgroup
// waits for itself once or twice and not a dozen times.
//
// Four threads share a unit, eight values each. Another file has the row: `four_of_row`, and
// `start_row`, which all threads call first. SUBGROUP is the smallest size that the adapter may choose, 4 at least.

override EIGHTHS: u32 = 4u * UNITS;

// Past it 127 / x is infinite; what is smaller counts as zero
const SMALLEST = 1e-30;

var<workgroup> made_words: array<array<vec4<u32>, 2>, UNITS>;  // values 0..15 and 16..31 of a unit
var<workgroup> made_scales: array<vec2<f32>, UNITS>;           // d, d times the sum
var<workgroup> squares: array<f32, THREADS / 4u>;

fn prepare(thread: u32) {
  let factor = start_row(thread);
  for (var start = 0u; start < EIGHTHS; start += THREADS) {
    let eighth = start + thread;
    let four = 2u * min(eighth, EIGHTHS - 1u);
    let a = four_of_row(four) * factor;
    let b = four_of_row(four + 1u) * factor;
    let sizes = max(abs(a), abs(b));
    var peak = max(max(sizes.x, sizes.y), max(sizes.z, sizes.w));
    peak = max(peak, subgroupShuffleXor(peak, 1u));
    peak = max(peak, subgroupShuffleXor(peak, 2u));
    let times = select(0.0, 127.0 / peak, peak > SMALLEST);
    let qa = vec4<i32>(round(a * times));
    let qb = vec4<i32>(round(b * times));
    let sums = qa + qb;
    var total = sums.x + sums.y + sums.z + sums.w;
    total += subgroupShuffleXor(total, 1u);
    total += subgroupShuffleXor(total, 2u);
    if (eighth < EIGHTHS) {
      let part = eighth % 4u;
      made_words[eighth / 4u][part / 2u][part % 2u * 2u] = pack4xI8(qa);
      made_words[eighth / 4u][part / 2u][part % 2u * 2u + 1u] = pack4xI8(qb);
      if (part == 0u) {
        let scale = select(0.0, peak / 127.0, peak > SMALLEST);
        made_scales[eighth / 4u] = vec2<f32>(scale, scale * f32(total));
      }
    }
  }
  workgroupBarrier();
}

// The sum over all threads of the workgroup
fn sum_of_all(value: f32, thread: u32) -> f32 {
  var near = value;
  for (var distance = 1u; distance < SUBGROUP; distance *= 2u) {
    near += subgroupShuffleXor(near, distance);
  }
  if (thread % SUBGROUP == 0u) {
    squares[thread / SUBGROUP] = near;
  }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < THREADS / SUBGROUP; i++) {
    sum += squares[i];
  }
  return sum;
}

fn inputs(m: u32, unit: u32) -> Inputs {
  let scales = made_scales[unit];
  return Inputs(made_words[unit][0], made_words[unit][1], scales.x, scales.y);
}
