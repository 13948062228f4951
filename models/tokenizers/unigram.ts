import type { Metadata } from '../gguf/metadata.ts';
import { byteToken } from './byte-tokens.ts';
import { Charsmap } from './charsmap.ts';
import { PrefixTree } from './prefix-tree.ts';
import { readScores } from './scores.ts';
import type { AddedSpace, Scheme } from './tokenizer.ts';
import type { TokenKind, Vocabulary } from './vocabulary.ts';

const SPACE = '▁';
/** How much less likely than the least likely token an unknown character is. */
const UNKNOWN_PENALTY = 10;
const MATCHED: readonly TokenKind[] = ['normal', 'user', 'unused'];

/**
 * SentencePiece's unigram model, as T5 and XLM-R have it (Kudo 2018, arXiv:1804.10959): the text is normalised, and
 * of all rows of tokens that spell it the likeliest is taken, by Viterbi's algorithm.
 */
export class Unigram implements Scheme {
  readonly addsSpace: AddedSpace;
  private readonly charsmap: Charsmap | undefined;
  private readonly isPrefixed: boolean;
  private readonly mergesSpaces: boolean;
  private readonly space: string;
  private readonly tree: PrefixTree;
  private readonly scores: Float64Array;
  private readonly unknownScore: number;
  /** Where the model has all of them, what it does not know is spelt in them. */
  private readonly byteTokens: readonly number[] | undefined;
  private readonly utf8 = new TextEncoder();

  constructor(
    metadata: Metadata,
    private readonly vocabulary: Vocabulary,
  ) {
    const { texts, kinds, ids } = vocabulary;
    const charsmap = metadata.numbers('tokenizer.ggml.precompiled_charsmap', undefined);
    this.charsmap = charsmap && new Charsmap(Uint8Array.from(charsmap));
    this.isPrefixed = metadata.bool('tokenizer.ggml.add_space_prefix', false);
    this.mergesSpaces = metadata.bool('tokenizer.ggml.remove_extra_whitespaces', false);
    this.space = metadata.bool('tokenizer.ggml.escape_whitespaces', true) ? SPACE : ' ';
    this.addsSpace = this.isPrefixed || this.mergesSpaces ? 'at-start-and-after-specials' : 'never';

    const scores = readScores(metadata, texts.length);
    // Users' own tokens go before others: those have the logarithms of probabilities
    this.scores = Float64Array.from(texts, (_, id) => (kinds[id] === 'user' ? 0 : scores[id]!));
    const least = texts.reduce(
      (least, _, id) => (kinds[id] === 'normal' ? Math.min(least, scores[id]!) : least),
      Infinity,
    );
    this.unknownScore = Math.fround(least - UNKNOWN_PENALTY);
    this.tree = new PrefixTree(new Map([...ids].filter(([, id]) => MATCHED.includes(kinds[id]!))));
    const byteIds = Array.from({ length: 256 }, (_, byte) => ids.get(byteToken(byte)));
    if (byteIds.every((id) => id !== undefined && kinds[id] === 'byte'))
      this.byteTokens = byteIds as number[];
  }

  encode(text: string, _isFirst: boolean, out: number[]): void {
    const normal = this.normalize(text);
    const { starts, tokens } = this.likeliest(normal);
    const row: [token: number, start: number, end: number][] = [];
    for (let end = normal.length; end > 0; end = starts[end]!) row.push([tokens[end]!, starts[end]!, end]);

    let wasUnknown = false;
    for (const [token, start, end] of row.reverse()) {
      if (token >= 0) out.push(token);
      else if (this.byteTokens) this.spell(normal.slice(start, end), out);
      // Unknown characters in a row are one unknown token
      else if (!wasUnknown && this.vocabulary.roles.unk !== undefined) out.push(this.vocabulary.roles.unk);
      wasUnknown = token < 0;
    }
  }

  bytes(tokenText: string): Uint8Array {
    return this.utf8.encode(tokenText.replaceAll(SPACE, ' '));
  }

  private normalize(text: string): string {
    const mapped = this.charsmap?.normalize(text) ?? text;
    const words = mapped.split(/ +/);
    const hasWords = words.some((word) => word !== '');
    if (this.mergesSpaces) return words.map((word) => (word === '' ? '' : this.space + word)).join('');
    const spaced = mapped.replaceAll(' ', this.space);
    if (!this.isPrefixed || !hasWords) return spaced;
    // Before the first word, after the spaces that the text begins with
    const first = mapped.search(/[^ ]/);
    return this.space.repeat(first + 1) + spaced.slice(first * this.space.length);
  }

  /** For every place where a token can end: where the best row's last token starts, and which it is (-1: unknown). */
  private likeliest(text: string): { starts: Int32Array; tokens: Int32Array } {
    const best = new Float64Array(text.length + 1).fill(-Infinity);
    const starts = new Int32Array(text.length + 1);
    const tokens = new Int32Array(text.length + 1).fill(-1);
    best[0] = 0;
    const offer = (start: number, end: number, score: number, token: number) => {
      if (best[start]! + score <= best[end]!) return;
      best[end] = best[start]! + score;
      starts[end] = start;
      tokens[end] = token;
    };
    for (let at = 0; at < text.length; ) {
      const single = text.codePointAt(at)! > 0xffff ? 2 : 1;
      let isKnown = false;
      this.tree.walk(text, at, (id, length) => {
        isKnown ||= length === single;
        offer(at, at + length, this.scores[id]!, id);
      });
      if (!isKnown) offer(at, at + single, this.unknownScore, -1);
      at += single;
    }
    return { starts, tokens };
  }

  private spell(text: string, out: number[]): void {
    for (const byte of this.utf8.encode(text)) out.push(this.byteTokens![byte]!);
  }
}
