import { badModel } from '../errors.ts';
import type { Metadata } from '../gguf/metadata.ts';
import { byteToken } from './byte-tokens.ts';
import { PrefixTree } from './prefix-tree.ts';
import { readScores } from './scores.ts';
import type { Scheme } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Scores are whole numbers, in ten-thousandths. */
const UNIT = 1e4;
const UNKNOWN = -1e7;
const LEAST = -2e7;

/**
 * PLaMo 2's scheme: the tokens whose scores add up to the most, found from the text's end; among equals the longest.
 * A character that no token covers is spelt in byte tokens.
 */
export class Plamo2 implements Scheme {
  readonly addsSpace = 'never';
  private readonly tree: PrefixTree;
  private readonly scores: Float64Array;
  private readonly byteTokens: readonly number[];
  private readonly utf8 = new TextEncoder();

  constructor(metadata: Metadata, { texts, kinds, ids }: Vocabulary) {
    this.scores = Float64Array.from(readScores(metadata, texts.length), wholeScore);
    this.tree = new PrefixTree(
      new Map([...ids].filter(([, id]) => kinds[id] !== 'byte' && kinds[id] !== 'control')),
    );
    this.byteTokens = Array.from({ length: 256 }, (_, byte) => {
      const id = ids.get(byteToken(byte));
      if (id !== undefined) return id;
      throw badModel(`The model's tokenizer plamo2 lacks the token ${byteToken(byte)}. Convert it again.`);
    });
  }

  encode(text: string, _isFirst: boolean, out: number[]): void {
    const { length } = text;
    const best = new Float64Array(length + 1);
    const steps = new Int32Array(length + 1);
    const tokens = new Int32Array(length + 1);
    for (let at = length - 1; at >= 0; at--) {
      // The second half of a character
      if (isLowSurrogate(text, at)) continue;
      const single = text.codePointAt(at)! > 0xffff ? 2 : 1;
      best[at] = best[at + single]! + UNKNOWN;
      steps[at] = single;
      tokens[at] = -1;
      this.tree.walk(text, at, (id, tokenLength) => {
        const score = this.scores[id]!;
        if (score <= LEAST || best[at + tokenLength]! + score < best[at]!) return;
        best[at] = best[at + tokenLength]! + score;
        steps[at] = tokenLength;
        tokens[at] = id;
      });
    }
    // A byte order mark at the beginning is none of the text
    for (let at = text.startsWith('\ufeff') ? 1 : 0; at < length; at += steps[at]!) {
      if (tokens[at]! >= 0) out.push(tokens[at]!);
      else
        for (const byte of this.utf8.encode(text.slice(at, at + steps[at]!)))
          out.push(this.byteTokens[byte]!);
    }
  }

  bytes(tokenText: string): Uint8Array {
    return this.utf8.encode(tokenText);
  }
}

/** Halves away from zero. */
function wholeScore(score: number): number {
  return Math.sign(score) * Math.round(Math.abs(score) * UNIT);
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}
