import type { Metadata } from '../gguf/metadata.ts';
import { byteToken } from './byte-tokens.ts';
import { Merger } from './merge.ts';
import { readScores } from './scores.ts';
import type { AddedSpace, Scheme } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';
import { WordCache } from './word-cache.ts';

/** Stands for a space in the texts of tokens. */
const SPACE = '▁';
const WORD = /▁+[^▁]*|[^▁]+/g;

/**
 * SentencePiece's BPE as Llama 1 and 2 use it: characters are joined while the two make a token, the token of the
 * highest score first. What is no token then is spelt in byte tokens.
 */
export class SentencePiece implements Scheme {
  readonly addsSpace: AddedSpace;
  /** A token's place in the order of scores, the highest first; equal scores have equal ranks. */
  private readonly ranks: Int32Array;
  private readonly longest: number;
  /** The tokens that stand for single bytes, by the byte. */
  private readonly byteTokens: readonly (number | undefined)[];
  /** True if no token goes on over the beginning of a word, so that words can be taken one by one. */
  private readonly hasWords: boolean;
  private readonly cache = new WordCache((word) => this.encodeWord(word));
  private readonly merger = new Merger();
  private readonly utf8 = new TextEncoder();

  constructor(
    metadata: Metadata,
    private readonly vocabulary: Vocabulary,
  ) {
    const { texts, ids, roles } = vocabulary;
    const isPrefixed = metadata.bool('tokenizer.ggml.add_space_prefix', true);
    this.addsSpace = isPrefixed ? 'at-start-and-after-specials' : 'never';
    this.ranks = rankScores(readScores(metadata, texts.length), texts.length);
    this.hasWords = !texts.some((text) => /[^▁]▁/.test(text));
    this.longest = texts.reduce((longest, text) => Math.max(longest, text.length), 0);
    this.byteTokens = Array.from({ length: 256 }, (_, byte) => {
      const char = byte < 0x80 ? ids.get(String.fromCharCode(byte)) : undefined;
      return ids.get(byteToken(byte)) ?? char ?? roles.unk;
    });
  }

  encode(text: string, isFirst: boolean, out: number[]): void {
    const spaced = (isFirst && this.addsSpace !== 'never' ? ` ${text}` : text).replaceAll(' ', SPACE);
    if (!this.hasWords) for (const id of this.encodeWord(spaced)) out.push(id);
    else for (const [word] of spaced.matchAll(WORD)) for (const id of this.cache.tokens(word)) out.push(id);
  }

  bytes(tokenText: string): Uint8Array {
    return this.utf8.encode(tokenText.replaceAll(SPACE, ' '));
  }

  private encodeWord(word: string): number[] {
    const { ids } = this.vocabulary;
    const { starts, ends } = charBounds(word);
    const token = (left: number, right: number) => {
      const start = starts[left]!;
      const end = ends[right]!;
      return end - start > this.longest ? undefined : ids.get(word.slice(start, end));
    };
    const rest = this.merger.merge(starts.length, {
      rank: (left, right) => {
        const id = token(left, right);
        return id === undefined ? -1 : this.ranks[id]!;
      },
      join: (left, right) => {
        ends[left] = ends[right]!;
      },
    });
    return rest.flatMap((at) => token(at, at) ?? this.spell(word.slice(starts[at], ends[at])));
  }

  private spell(char: string): number[] {
    return Array.from(this.utf8.encode(char), (byte) => this.byteTokens[byte]).filter(
      (id) => id !== undefined,
    );
  }
}

function rankScores(scores: ArrayLike<number>, count: number): Int32Array {
  const distinct = Float64Array.from(new Set(Array.from(scores)))
    .sort()
    .reverse();
  const rankOf = new Map(Array.from(distinct, (score, rank) => [score, rank]));
  return Int32Array.from({ length: count }, (_, id) => rankOf.get(scores[id]!)!);
}

/** Where each character (not each surrogate) begins and ends. */
function charBounds(text: string): { starts: Int32Array; ends: Int32Array } {
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    starts[count] = at;
    at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    ends[count] = at;
  }
  return { starts: starts.subarray(0, count), ends: ends.subarray(0, count) };
}
