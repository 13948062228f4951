import { quoted, unsupportedModel } from '../errors.ts';
import type { Metadata } from '../gguf/metadata.ts';
import { type Alphabet, alphabetOf } from './alphabets.ts';
import { Merger } from './merge.ts';
import { type Pair, PairTable } from './pair-table.ts';
import { cutWords, PRE_TOKENIZERS, type PreTokenizer } from './pre-tokenizers.ts';
import type { Scheme } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';
import { WordCache } from './word-cache.ts';

export function readPreTokenizer(metadata: Metadata): PreTokenizer {
  // Gemma 4's files may name no way to cut, or another; it has only its own
  const isGemma4 = metadata.string('tokenizer.ggml.model') === 'gemma4';
  const name = isGemma4 ? 'gemma4' : metadata.string('tokenizer.ggml.pre', 'default');
  const found = PRE_TOKENIZERS.get(name);
  if (found) return found;
  throw unsupportedModel(
    `The model cuts text in the way ${quoted(name)} (tokenizer.ggml.pre), and Hearth knows ${[...PRE_TOKENIZERS.keys()].join(', ')}. Choose another model.`,
  );
}

/** GPT-2's scheme: a word's symbols are merged pair by pair, in the order in which the merges were learnt. */
export class Bpe implements Scheme {
  readonly addsSpace = 'never';
  /** "left right" to the rank of the merge. */
  private readonly ranks = new Map<string, number>();
  private readonly pairs = new PairTable((left, right) => this.findPair(left, right));
  /** Symbols are token ids; a merge may also make a text that is no token, which has a number after theirs. */
  private readonly strayTexts: string[] = [];
  private readonly strayIds = new Map<string, number>();
  private readonly alphabet: Alphabet;
  private readonly merger = new Merger();
  private readonly cache = new WordCache((word) => this.encodeWord(word));

  constructor(
    metadata: Metadata,
    private readonly vocabulary: Vocabulary,
    private readonly preTokenizer: PreTokenizer,
  ) {
    this.alphabet = alphabetOf(preTokenizer);
    const merges = metadata.strings('tokenizer.ggml.merges');
    // Backwards, so that the first of equal merges counts
    for (let rank = merges.length - 1; rank >= 0; rank--) this.ranks.set(merges[rank]!, rank);
  }

  encode(text: string, _isFirst: boolean, out: number[]): void {
    for (const word of cutWords(this.alphabet.spell(text), this.preTokenizer))
      for (const id of this.cache.tokens(word)) out.push(id);
  }

  bytes(tokenText: string): Uint8Array {
    return this.alphabet.bytes(tokenText);
  }

  private encodeWord(word: string): number[] {
    const chars = this.alphabet.symbols(word);
    const { takesWholeWords, takesWholeLines } = this.preTokenizer;
    if (takesWholeWords || (takesWholeLines && word.startsWith('\n'))) {
      const whole = this.vocabulary.ids.get(chars.join(''));
      if (whole !== undefined) return [whole];
    }

    const { pairs } = this;
    const symbols = chars.map((char) => this.symbol(char));
    const rest = this.merger.merge(symbols.length, {
      rank: (left, right) => pairs.rank(symbols[left]!, symbols[right]!),
      join: (left, right) => {
        symbols[left] = pairs.merged(symbols[left]!, symbols[right]!);
      },
    });
    return rest.flatMap((at) => this.tokens(symbols[at]!));
  }

  private findPair(left: number, right: number): Pair {
    const [leftText, rightText] = [this.symbolText(left), this.symbolText(right)];
    const rank = this.ranks.get(`${leftText} ${rightText}`) ?? -1;
    return { rank, merged: rank < 0 ? -1 : this.symbol(leftText + rightText) };
  }

  private symbolText(symbol: number): string {
    const { texts } = this.vocabulary;
    return symbol < texts.length ? texts[symbol]! : this.strayTexts[symbol - texts.length]!;
  }

  private symbol(text: string): number {
    const known = this.vocabulary.ids.get(text) ?? this.strayIds.get(text);
    if (known !== undefined) return known;
    const id = this.vocabulary.texts.length + this.strayTexts.length;
    this.strayTexts.push(text);
    this.strayIds.set(text, id);
    return id;
  }

  private tokens(symbol: number): number | number[] {
    const { ids, texts } = this.vocabulary;
    if (symbol < texts.length) return symbol;
    return this.alphabet.standIns(this.symbolText(symbol)).flatMap((text) => ids.get(text) ?? []);
  }
}
