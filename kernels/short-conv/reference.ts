/**
 * One sequence from its start, bcx (length, 3, dim) → (length, dim), in f64: B ∘ x, padded with taps − 1 zeros before it,
 * convolved in each channel with weight (dim, taps), times C.
 */
export function shortConvReference(
  bcx: Float32Array,
  weight: Float32Array,
  { dim, taps }: { dim: number; taps: number },
): Float64Array {
  const length = bcx.length / (3 * dim);
  const out = new Float64Array(length * dim);
  for (let d = 0; d < dim; d++) {
    const at = (n: number, part: number) => bcx[(n * 3 + part) * dim + d]!;
    const padded = [
      ...Array.from({ length: taps - 1 }, () => 0),
      ...Array.from({ length }, (_, n) => at(n, 0) * at(n, 2)),
    ];
    for (let n = 0; n < length; n++) {
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += weight[d * taps + tap]! * padded[n + tap]!;
      out[n * dim + d] = at(n, 1) * sum;
    }
  }
  return out;
}
