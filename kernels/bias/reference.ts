/** x (rows, dim) + bias (dim) in every row → (rows, dim), in f64. */
export function biasReference(x: Float32Array, bias: Float32Array): Float64Array {
  return Float64Array.from(x, (value, i) => value + bias[i % bias.length]!);
}
