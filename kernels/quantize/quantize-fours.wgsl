// x in int8: each 32 values of a row (a unit) as q = round(x / d), d = the largest of them / 127
//
// A row of `out` has values 0..15 of each unit, then 16..31 of each, 16 bytes each, then for each unit d and
// d times the sum of its q. Eight threads share a unit, a four of its values each.

override DIM: u32;      // values in a row, a multiple of 32
override THREADS: u32;  // a multiple of 8

override UNITS: u32 = DIM / 32u;
override LINE: u32 = 8u * UNITS + 4u * ((UNITS + 1u) / 2u);  // words of a row of `out`

// Past it 127 / x is infinite; what is smaller counts as zero
const SMALLEST = 1e-30;

var<workgroup> peaks: array<f32, THREADS>;
var<workgroup> totals: array<i32, THREADS>;

// All threads of a workgroup at once, each with a four of `row`: what is past the row's end is not written
fn quantize(row: u32, four: u32, values: vec4<f32>, thread: u32) {
  let sizes = abs(values);
  workgroupBarrier();
  peaks[thread] = max(max(sizes.x, sizes.y), max(sizes.z, sizes.w));
  workgroupBarrier();
  let first = thread & ~7u;
  var peak = 0.0;
  for (var i = 0u; i < 8u; i++) {
    peak = max(peak, peaks[first + i]);
  }
  let d = select(0.0, peak / 127.0, peak > SMALLEST);
  let q = vec4<i32>(round(values * select(0.0, 127.0 / peak, peak > SMALLEST)));
  totals[thread] = q.x + q.y + q.z + q.w;
  workgroupBarrier();
  if (four >= 8u * UNITS) {
    return;
  }

  let unit = four / 8u;
  let part = four % 8u;
  out[row * LINE + (part / 4u) * 4u * UNITS + 4u * unit + part % 4u] = pack4xI8(q);
  if (part == 0u) {
    var total = 0;
    for (var i = 0u; i < 8u; i++) {
      total += totals[first + i];
    }
    let at = row * LINE + 8u * UNITS + 2u * unit;
    out[at] = bitcast<u32>(d);
    out[at + 1u] = bitcast<u32>(d * f32(total));
  }
}
