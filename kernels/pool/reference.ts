import type { PoolKind } from './pool.ts';

/** x (rows, dim) of texts of these lengths, one after the other → (texts, dim), in f64. */
export function poolReference(
  x: Float32Array,
  lengths: readonly number[],
  dim: number,
  kind: PoolKind,
): Float64Array {
  const out: number[] = [];
  let first = 0;
  for (const length of lengths) {
    const rows = Array.from({ length }, (_, i) => x.subarray((first + i) * dim, (first + i + 1) * dim));
    first += length;
    for (let d = 0; d < dim; d++) {
      const values = rows.map((row) => row[d]!);
      const mean = values.reduce((a, b) => a + b) / length;
      out.push({ mean, first: values[0]!, last: values.at(-1)! }[kind]);
    }
  }
  return Float64Array.from(out);
}
