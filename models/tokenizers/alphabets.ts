import { BYTE_CHARS, bytesOfChars } from './byte-chars.ts';
import { byteToken } from './byte-tokens.ts';
import type { PreTokenizer } from './pre-tokenizers.ts';

/** What the texts of a BPE's tokens are written in. */
export interface Alphabet {
  /** A text as tokens spell it, before it is cut into words. */
  spell(text: string): string;
  /** The symbols that a word's merging begins with. */
  symbols(word: string): string[];
  /** The texts of tokens that stand in for a symbol that is no token. */
  standIns(symbol: string): string[];
  /** What a token stands for, in UTF-8. */
  bytes(tokenText: string): Uint8Array;
}

const SPACE = '▁';
const utf8 = new TextEncoder();

/** GPT-2's: each byte is a character. What is no token falls apart into ASCII characters, and the rest is lost. */
const bytes: Alphabet = {
  spell: (text) => text,
  symbols: (word) => Array.from(utf8.encode(word), (byte) => BYTE_CHARS[byte]!),
  standIns: (symbol) => [...symbol].filter((char) => char <= '\x7f'),
  bytes: bytesOfChars,
};

/** Characters as they are. What is no token is spelt in byte tokens. */
const characters: Alphabet = {
  spell: (text) => text,
  symbols: (word) => [...word],
  standIns: (symbol) => Array.from(utf8.encode(symbol), byteToken),
  bytes: (tokenText) => utf8.encode(tokenText),
};

const charactersWithMarks: Alphabet = {
  ...characters,
  spell: (text) => text.replaceAll(' ', SPACE),
  bytes: (tokenText) => utf8.encode(tokenText.replaceAll(SPACE, ' ')),
};

export function alphabetOf({ alphabet }: PreTokenizer): Alphabet {
  if (alphabet === undefined) return bytes;
  return alphabet === 'characters' ? characters : charactersWithMarks;
}
