/** gateUp (rows, 2 · dim) → (rows, dim), in f64. */
export function swigluReference(gateUp: Float32Array, rows: number, dim: number): Float64Array {
  const out = new Float64Array(rows * dim);
  for (let n = 0; n < rows; n++) {
    for (let d = 0; d < dim; d++) {
      const gate = gateUp[n * 2 * dim + d]!;
      out[n * dim + d] = (gate / (1 + Math.exp(-gate))) * gateUp[n * 2 * dim + dim + d]!;
    }
  }
  return out;
}
