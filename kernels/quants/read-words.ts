/** Fills `words` from the halves of them at `from`: blocks of some types begin at even bytes only. */
export function readWords(halves: Uint16Array, from: number, words: Uint32Array): void {
  for (let i = 0; i < words.length; i++) words[i] = halves[from + 2 * i]! | (halves[from + 2 * i + 1]! << 16);
}
