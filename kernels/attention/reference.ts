export interface AttentionCase {
  heads: number;
  kvHeads: number;
  headDim: number;
  scale: number;
  window: number;
}

/**
 * q (rows, heads, headDim), and K and V of each sequence (length, kvHeads, headDim) → (rows, heads, headDim), in f64:
 * all scores of a row, their softmax, the weighted sum.
 */
export function attentionReference(
  q: Float32Array,
  k: readonly Float32Array[],
  v: readonly Float32Array[],
  rows: readonly { position: number; sequence: number }[],
  { heads, kvHeads, headDim, scale, window }: AttentionCase,
): Float64Array {
  const out = new Float64Array(rows.length * heads * headDim);
  for (const [n, { position, sequence }] of rows.entries()) {
    for (let h = 0; h < heads; h++) {
      const start = (n * heads + h) * headDim;
      const kvHead = Math.floor(h / (heads / kvHeads));
      const entry = (p: number, d: number) => (p * kvHeads + kvHead) * headDim + d;
      const seen: number[] = [];
      for (let p = 0; p <= position; p++) if (window === 0 || position - p < window) seen.push(p);

      const scores = seen.map((p) => {
        let score = 0;
        for (let d = 0; d < headDim; d++) score += q[start + d]! * k[sequence]![entry(p, d)]!;
        return score * scale;
      });
      const peak = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - peak));
      const sum = weights.reduce((a, b) => a + b);
      for (let d = 0; d < headDim; d++) {
        for (const [i, p] of seen.entries())
          out[start + d]! += (weights[i]! / sum) * v[sequence]![entry(p, d)]!;
      }
    }
  }
  return out;
}
