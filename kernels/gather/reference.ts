/** outputs[n] is the place of row n of x (rows, dim) in the result, or undefined. */
export function gatherReference(
  x: Float32Array,
  outputs: readonly (number | undefined)[],
  dim: number,
): Float64Array {
  const out = new Float64Array(outputs.filter((place) => place !== undefined).length * dim);
  for (const [n, place] of outputs.entries()) {
    if (place !== undefined) out.set(x.subarray(n * dim, (n + 1) * dim), place * dim);
  }
  return out;
}
