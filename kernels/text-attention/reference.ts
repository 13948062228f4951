interface TextAttentionCase {
  heads: number;
  kvHeads: number;
  headDim: number;
  scale: number;
  isCausal: boolean;
  window: number;
}

/**
 * qkv (rows, heads + 2 kvHeads, headDim) of texts of these lengths, one after the other → (rows, heads, headDim), in
 * f64: all scores of a row, their softmax, the weighted sum.
 */
export function textAttentionReference(
  qkv: Float32Array,
  lengths: readonly number[],
  { heads, kvHeads, headDim, scale, isCausal, window }: TextAttentionCase,
): Float64Array {
  const width = heads + 2 * kvHeads;
  const part = (row: number, head: number) => [
    ...qkv.subarray((row * width + head) * headDim, (row * width + head + 1) * headDim),
  ];
  const out: number[] = [];
  let start = 0;
  for (const length of lengths) {
    const rows = Array.from({ length }, (_, i) => start + i);
    start += length;
    for (const row of rows) {
      const seen = rows.filter((other) => {
        const distance = row - other;
        if (isCausal) return distance >= 0 && (window === 0 || distance < window);
        return window === 0 || Math.abs(distance) <= window / 2;
      });
      for (let h = 0; h < heads; h++) {
        const kvHead = Math.floor(h / (heads / kvHeads));
        const query = part(row, h);
        const scores = seen.map(
          (other) =>
            scale * part(other, heads + kvHead).reduce((sum, value, d) => sum + value * query[d]!, 0),
        );
        const peak = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - peak));
        const total = weights.reduce((a, b) => a + b);
        for (let d = 0; d < headDim; d++) {
          const values = seen.map((other) => part(other, heads + kvHeads + kvHead)[d]!);
          out.push(values.reduce((sum, value, i) => sum + (value * weights[i]!) / total, 0));
        }
      }
    }
  }
  return Float64Array.from(out);
}
