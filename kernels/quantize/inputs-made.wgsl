// x in int8, made here: of a single row of x, which every workgroup quantizes for itself into its own memory. That
// takes less time than a dispatch before this one would.
//
// As in quantize-fours.wgsl, but two threads share a unit, a half of its values each. Another file has the row:
// `four_of_row`, and `start_row`, which all threads call first.

override HALVES: u32 = 2u * UNITS;

// Past it 127 / x is infinite; what is smaller counts as zero
const SMALLEST = 1e-30;

var<workgroup> made_words: array<vec4<u32>, HALVES>;  // the low halves of all units, then the high ones
var<workgroup> made_scales: array<vec2<f32>, UNITS>;  // d, d times the sum
var<workgroup> peaks: array<f32, THREADS>;
var<workgroup> totals: array<i32, THREADS>;

fn prepare(thread: u32) {
  let factor = start_row(thread);
  for (var start = 0u; start < HALVES; start += THREADS) {
    let half = start + thread;
    let four = 4u * min(half, HALVES - 1u);
    let a = four_of_row(four) * factor;
    let b = four_of_row(four + 1u) * factor;
    let c = four_of_row(four + 2u) * factor;
    let d = four_of_row(four + 3u) * factor;
    let sizes = max(max(abs(a), abs(b)), max(abs(c), abs(d)));
    workgroupBarrier();
    peaks[thread] = max(max(sizes.x, sizes.y), max(sizes.z, sizes.w));
    workgroupBarrier();
    let peak = max(peaks[thread], peaks[thread ^ 1u]);
    let times = select(0.0, 127.0 / peak, peak > SMALLEST);
    let qa = vec4<i32>(round(a * times));
    let qb = vec4<i32>(round(b * times));
    let qc = vec4<i32>(round(c * times));
    let qd = vec4<i32>(round(d * times));
    let sums = qa + qb + qc + qd;
    totals[thread] = sums.x + sums.y + sums.z + sums.w;
    workgroupBarrier();
    if (half < HALVES) {
      let words = vec4<u32>(pack4xI8(qa), pack4xI8(qb), pack4xI8(qc), pack4xI8(qd));
      made_words[half % 2u * UNITS + half / 2u] = words;
      if (half % 2u == 0u) {
        let scale = select(0.0, peak / 127.0, peak > SMALLEST);
        made_scales[half / 2u] = vec2<f32>(scale, scale * f32(totals[thread] + totals[thread + 1u]));
      }
    }
  }
  workgroupBarrier();
}

// The sum over all threads of the workgroup, in the order of rms-norm-quantize.wgsl
fn sum_of_all(value: f32, thread: u32) -> f32 {
  peaks[thread] = value;
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      peaks[thread] += peaks[thread + half];
    }
  }
  workgroupBarrier();
  return peaks[0];
}

fn inputs(m: u32, unit: u32) -> Inputs {
  let scales = made_scales[unit];
  return Inputs(made_words[unit], made_words[UNITS + unit], scales.x, scales.y);
}
