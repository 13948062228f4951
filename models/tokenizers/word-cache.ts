const MAX_WORDS = 50_000;
const MAX_CHARS = 32;

/** The words of a text repeat, so their tokens are remembered. */
export class WordCache {
  private readonly words = new Map<string, readonly number[]>();

  constructor(private readonly encode: (word: string) => readonly number[]) {}

  tokens(word: string): readonly number[] {
    const known = this.words.get(word);
    if (known) return known;
    const ids = this.encode(word);
    if (word.length > MAX_CHARS) return ids;
    if (this.words.size >= MAX_WORDS) this.words.clear();
    this.words.set(word, ids);
    return ids;
  }
}
