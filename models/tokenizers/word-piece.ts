import type { Metadata } from '../gguf/metadata.ts';
import { lowerCased } from './lower-cased.ts';
import type { Scheme } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Begins the first token of a word; what BERT's own files mark with ## has no mark in GGUF. */
const WORD = '▁';

/** A character that is a word by itself: punctuation, ASCII symbols, and ideographs as BERT counts them. */
const ALONE =
  /[\p{P}$+<=>^`|~\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]/u;
const DROPPED = /[\0\u{fffd}\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
const WHITE_SPACE = /\p{White_Space}/u;
const MARK = /\p{M}/u;

/** BERT's scheme: words are lower-cased, stripped of accents, and covered greedily by the longest tokens. */
export class WordPiece implements Scheme {
  readonly addsSpace = 'at-start';
  private readonly isLowerCased: boolean;
  private readonly isStripped: boolean;
  /** Lengths that tokens have, the longest first. */
  private readonly lengths: readonly number[];
  private readonly utf8 = new TextEncoder();

  constructor(
    metadata: Metadata,
    private readonly vocabulary: Vocabulary,
  ) {
    this.isLowerCased = metadata.bool('tokenizer.ggml.normalizer.lowercase', true);
    this.isStripped = metadata.bool('tokenizer.ggml.normalizer.strip_accents', this.isLowerCased);
    this.lengths = [...new Set(vocabulary.texts.map((text) => text.length))].sort((a, b) => b - a);
  }

  encode(text: string, _isFirst: boolean, out: number[]): void {
    for (const word of this.words(text)) {
      const { unk } = this.vocabulary.roles;
      const ids = this.cover(WORD + word) ?? (unk === undefined ? [] : [unk]);
      for (const id of ids) out.push(id);
    }
  }

  bytes(tokenText: string): Uint8Array {
    return this.utf8.encode(tokenText.replaceAll(WORD, ' '));
  }

  private words(text: string): string[] {
    const words: string[] = [];
    let word = '';
    const finish = () => {
      if (word !== '') words.push(word);
      word = '';
    };
    for (const original of text) {
      const char = this.isStripped ? firstChar(original.normalize('NFD')) : original;
      if (WHITE_SPACE.test(char)) finish();
      else if (DROPPED.test(char) || (this.isStripped && MARK.test(char))) continue;
      else {
        const isAlone = ALONE.test(char);
        if (isAlone) finish();
        word += this.isLowerCased ? lowerCased(char) : char;
        if (isAlone) finish();
      }
    }
    finish();
    return words;
  }

  /** Tokens that make up the word, or undefined if some part of it is none. */
  private cover(word: string): number[] | undefined {
    const ids: number[] = [];
    for (let at = 0; at < word.length; ) {
      const length = this.lengths.find((l) => at + l <= word.length && this.has(word, at, l));
      if (length === undefined) return undefined;
      ids.push(this.vocabulary.ids.get(word.slice(at, at + length))!);
      at += length;
    }
    return ids;
  }

  private has(word: string, at: number, length: number): boolean {
    return this.vocabulary.ids.has(word.slice(at, at + length));
  }
}

/** Normal forms of more than one character count by their first. */
function firstChar(text: string): string {
  return String.fromCodePoint(text.codePointAt(0)!);
}
