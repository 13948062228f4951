/** Words that a match must share; more first, since they promise more. */
const LONGEST_MATCH = 4;
const SHORTEST_MATCH = 2;

/**
 * What may come next, by what came after the same tokens earlier in the text (prompt lookup decoding): quotes, names
 * and code repeat themselves. At most `most` tokens; none where nothing repeats.
 */
export function draftTokens(tokens: readonly number[], most: number): number[] {
  for (let length = LONGEST_MATCH; length >= SHORTEST_MATCH; length--) {
    const from = tokens.length - length;
    for (let at = from - 1; at >= 0; at--) {
      if (!matches(tokens, at, from, length)) continue;
      return tokens.slice(at + length, at + length + most);
    }
  }
  return [];
}

function matches(tokens: readonly number[], a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (tokens[a + i] !== tokens[b + i]) return false;
  return true;
}
