/** x (rows, dim), weight and bias (dim) → (rows, dim), in f64. */
export function layerNormReference(
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  eps: number,
): Float64Array {
  const dim = weight.length;
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += dim) {
    const row = [...x.subarray(start, start + dim)];
    const mean = row.reduce((a, b) => a + b) / dim;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / dim;
    for (const [d, value] of row.entries())
      out[start + d] = ((value - mean) / Math.sqrt(variance + eps)) * weight[d]! + bias[d]!;
  }
  return out;
}
