// Gate-add: out[m, n] = sigmoid(sum over k of x[m, k] * gate[k]) * y[m, n], or added to what is there
//
// One workgroup per row. Each thread adds up a strided slice of the products, the workgroup adds the slices up, then
// every thread scales a slice of y.

override DIM: u32;
override ADD: bool;
override THREADS: u32;  // a power of two

@group(0) @binding(0) var<storage, read> x: array<f32>;          // (M, DIM)
@group(0) @binding(1) var<storage, read> gate: array<f32>;       // (DIM)
@group(0) @binding(2) var<storage, read> y: array<f32>;          // (M, DIM)
@group(0) @binding(3) var<storage, read_write> out: array<f32>;  // (M, DIM)

var<workgroup> partial: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let start = group.x * DIM;
  var sum = 0.0;
  for (var k = thread; k < DIM; k += THREADS) {
    sum += x[start + k] * gate[k];
  }
  partial[thread] = sum;
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      partial[thread] += partial[thread + half];
    }
  }
  workgroupBarrier();

  let share = 1.0 / (1.0 + exp(-partial[0]));
  for (var n = thread; n < DIM; n += THREADS) {
    if (ADD) {
      out[start + n] += share * y[start + n];
    } else {
      out[start + n] = share * y[start + n];
    }
  }
}
