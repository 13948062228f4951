import { badModel } from '../errors.ts';
import type { Metadata } from '../gguf/metadata.ts';
import { Merger } from './merge.ts';
import type { Scheme } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Stands for a space in the texts of tokens. */
const SPACE = '▁';

/**
 * SentencePiece's BPE as Llama 1 and 2 use it: characters are joined while the two make a token, the token of the
 * highest score first. What is no token then is spelt in byte tokens.
 */
export class SentencePiece implements Scheme {
  readonly addsSpace: boolean;
  /** A token's place in the order of scores, the highest first; equal scores have equal ranks. */
  private readonly ranks: Int32Array;
  private readonly longest: number;
  /** The tokens that stand for single bytes, by the byte. */
  private readonly byteTokens: readonly (number | undefined)[];
  private readonly merger = new Merger();
  private readonly utf8 = new TextEncoder();

  constructor(
    metadata: Metadata,
    private readonly vocabulary: Vocabulary,
  ) {
    const { texts, ids, roles } = vocabulary;
    this.addsSpace = metadata.bool('tokenizer.ggml.add_space_prefix', true);
    this.ranks = rankScores(
      metadata.numbers('tokenizer.ggml.scores', new Float32Array(texts.length)),
      texts.length,
    );
    this.longest = texts.reduce((longest, text) => Math.max(longest, text.length), 0);
    this.byteTokens = Array.from({ length: 256 }, (_, byte) => {
      const hex = byte.toString(16).toUpperCase().padStart(2, '0');
      return (
        ids.get(`<0x${hex}>`) ?? (byte < 0x80 ? ids.get(String.fromCharCode(byte)) : undefined) ?? roles.unk
      );
    });
  }

  encode(text: string, isFirst: boolean, out: number[]): void {
    const { ids } = this.vocabulary;
    const spaced = (this.addsSpace && isFirst ? ` ${text}` : text).replaceAll(' ', SPACE);
    const { starts, ends } = charBounds(spaced);

    const token = (left: number, right: number) => {
      const start = starts[left]!;
      const end = ends[right]!;
      return end - start > this.longest ? undefined : ids.get(spaced.slice(start, end));
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
    for (const at of rest) {
      const id = token(at, at);
      if (id !== undefined) out.push(id);
      else this.spell(spaced.slice(starts[at], ends[at]), out);
    }
  }

  bytes(tokenText: string): Uint8Array {
    return this.utf8.encode(tokenText.replaceAll(SPACE, ' '));
  }

  private spell(char: string, out: number[]): void {
    for (const byte of this.utf8.encode(char)) {
      const id = this.byteTokens[byte];
      if (id !== undefined) out.push(id);
    }
  }
}

function rankScores(scores: ArrayLike<number>, count: number): Int32Array {
  if (scores.length < count)
    throw badModel(`The model has ${count} tokens, but only ${scores.length} of them have a score.`);
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
