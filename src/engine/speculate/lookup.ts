/** Tokens that a place must share with the end of the text: fewer promise too little. */
const MATCH = 3;

/**
 * What may come next, by what came after the same tokens earlier in the text (prompt lookup decoding, Saxena 2023):
 * quotes, names and code repeat themselves. A place is read on from for as long as it is right, else the last place that
 * ends alike is looked for. Each token costs the same, however long the text is.
 */
export class Lookup {
  readonly #text: number[] = [];
  /** By a hash of `MATCH` tokens, the position behind their last occurrence. */
  readonly #places = new Map<number, number>();
  /** The position whose token is expected next. */
  #source: number | undefined;

  push(token: number): void {
    const text = this.#text;
    const isRight = this.#source !== undefined && text[this.#source] === token;
    text.push(token);
    if (text.length < MATCH) return;
    const key = this.#key();
    this.#source = isRight ? this.#source! + 1 : this.#found(key);
    this.#places.set(key, text.length);
  }

  /** The next `count` tokens, if the text goes on as it did at that place; none where nothing repeats. */
  guess(count: number): number[] {
    const guesses: number[] = [];
    if (this.#source === undefined) return guesses;
    for (let at = this.#source; guesses.length < count; at++)
      // A text that repeats itself is longer than what is known of it
      guesses.push(at < this.#text.length ? this.#text[at]! : guesses[at - this.#text.length]!);
    return guesses;
  }

  #found(key: number): number | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const { length } = this.#text;
    for (let back = 1; back <= MATCH; back++)
      if (this.#text[place - back] !== this.#text[length - back]) return undefined;
    return place;
  }

  #key(): number {
    let key = 0;
    for (let back = MATCH; back > 0; back--)
      key = Math.imul(key ^ this.#text.at(-back)!, 0x9e3779b1) ^ (key >>> 15);
    return key;
  }
}
