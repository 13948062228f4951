/** gateUp (rows, 2 · dim) → (rows, dim), in f64. */
export function gegluReference(gateUp: Float32Array, rows: number, dim: number): Float64Array {
  const out = new Float64Array(rows * dim);
  for (let n = 0; n < rows; n++) {
    for (let d = 0; d < dim; d++) {
      const gate = gateUp[n * 2 * dim + d]!;
      const gelu = 0.5 * gate * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (gate + 0.044715 * gate ** 3)));
      out[n * dim + d] = gelu * gateUp[n * 2 * dim + dim + d]!;
    }
  }
  return out;
}
