export interface AttentionCase {
  heads: number;
  kvHeads: number;
  headDim: number;
  scale: number;
  window: number;
  isAligned?: boolean | undefined;
  cap?: number | undefined;
}

/**
 * q (rows, heads, headDim), and K and V of each sequence (length, kvHeads, headDim) → (rows, heads, headDim), in f64:
 * all scores of a row, their softmax, the weighted sum. A head's sink is one more score, of a value of zeros.
 */
export function attentionReference(
  q: Float32Array,
  k: readonly Float32Array[],
  v: readonly Float32Array[],
  rows: readonly { position: number; sequence: number }[],
  { heads, kvHeads, headDim, scale, window, isAligned, cap }: AttentionCase,
  sinks?: Float32Array,
): Float64Array {
  const out = new Float64Array(rows.length * heads * headDim);
  for (const [n, { position, sequence }] of rows.entries()) {
    for (let h = 0; h < heads; h++) {
      const start = (n * heads + h) * headDim;
      const kvHead = Math.floor(h / (heads / kvHeads));
      const entry = (p: number, d: number) => (p * kvHeads + kvHead) * headDim + d;
      const seen: number[] = [];
      const sees = (p: number) =>
        isAligned ? Math.floor(p / window) === Math.floor(position / window) : position - p < window;
      for (let p = 0; p <= position; p++) if (window === 0 || sees(p)) seen.push(p);

      const scores = seen.map((p) => {
        let score = 0;
        for (let d = 0; d < headDim; d++) score += q[start + d]! * k[sequence]![entry(p, d)]!;
        return cap ? cap * Math.tanh((score * scale) / cap) : score * scale;
      });
      const sink = sinks?.[h] ?? Number.NEGATIVE_INFINITY;
      const peak = Math.max(...scores, sink);
      const weights = scores.map((score) => Math.exp(score - peak));
      const sum = weights.reduce((a, b) => a + b) + Math.exp(sink - peak);
      for (let d = 0; d < headDim; d++) {
        for (const [i, p] of seen.entries())
          out[start + d]! += (weights[i]! / sum) * v[sequence]![entry(p, d)]!;
      }
    }
  }
  return out;
}
