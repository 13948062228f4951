/** w (n, k), x (rows, k) → (rows, n), summed in f64. */
export function matVecReference(
  w: ArrayLike<number>,
  x: ArrayLike<number>,
  rows: number,
  k: number,
  n: number,
): Float64Array {
  const out = new Float64Array(rows * n);
  for (let m = 0; m < rows; m++)
    for (let row = 0; row < n; row++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += w[row * k + i]! * x[m * k + i]!;
      out[m * n + row] = sum;
    }
  return out;
}
