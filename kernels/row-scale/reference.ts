/** x (rows, dim), each row times `factor` and its own of `scales` (rows), in f64. */
export function rowScaleReference(x: Float32Array, scales: readonly number[], factor: number): Float64Array {
  const dim = x.length / scales.length;
  return Float64Array.from(x, (value, i) => value * factor * scales[Math.floor(i / dim)]!);
}
