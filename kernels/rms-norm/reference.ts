/** x (rows, dim), weight (dim) → (rows, dim), summed in f64. */
export function rmsNormReference(
  x: Float32Array,
  weight: Float32Array,
  rows: number,
  dim: number,
  eps: number,
): Float64Array {
  const out = new Float64Array(rows * dim);
  for (let n = 0; n < rows; n++) {
    let squares = 0;
    for (let d = 0; d < dim; d++) squares += x[n * dim + d]! ** 2;
    const scale = 1 / Math.sqrt(squares / dim + eps);
    for (let d = 0; d < dim; d++) out[n * dim + d] = x[n * dim + d]! * weight[d]! * scale;
  }
  return out;
}
