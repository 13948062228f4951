/** x (rows, dim) + bias (dim) → gelu of it, in f64. */
export function geluReference(x: Float32Array, bias: Float32Array): Float64Array {
  return Float64Array.from(x, (value, i) => {
    const biased = value + bias[i % bias.length]!;
    return (biased * (1 + erf(biased / Math.SQRT2))) / 2;
  });
}

/** erf(z) = 2 / sqrt(pi) exp(-z^2) (z + 2 z^3 / 3 + 4 z^5 / 15 + …), whose terms do not cancel; 1 where it is that in f64. */
function erf(z: number): number {
  if (Math.abs(z) > 6) return Math.sign(z);
  let term = z;
  let sum = z;
  for (let n = 1; n < 200; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}
