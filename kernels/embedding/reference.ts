/** table (ids, k), tokens (rows) → (rows, k). */
export function embeddingReference(table: Float64Array, tokens: readonly number[], k: number): number[] {
  return tokens.flatMap((token) => [...table.subarray(token * k, (token + 1) * k)]);
}
