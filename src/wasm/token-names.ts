// llama.cpp as wllama packs it takes and gives text, and its own tokenizer stands between that and the tokens. So
// it is given a vocabulary in which each token's text is its number, always of the same length: text and tokens
// are then the same thing, and tokenizer, detokenizer and chat template remain ours alone.

/** 36⁵ is more than any vocabulary. */
const NAME_LENGTH = 5;
const RADIX = 36;

export function tokenName(id: number): string {
  return id.toString(RADIX).padStart(NAME_LENGTH, '0');
}

/** The text that is these tokens. */
export function textOfIds(ids: Iterable<number>): string {
  return Array.from(ids, tokenName).join('');
}

/** `undefined` for a text that is not exactly one token's name. */
export function idOfText(text: string): number | undefined {
  return /^[0-9a-z]{5}$/.test(text) ? Number.parseInt(text, RADIX) : undefined;
}
