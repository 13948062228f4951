import type { Tokenizer } from '../../../models/tokenizers/tokenizer.ts';
import type { Matcher } from './hold.ts';
import { isSilent } from './token-vocabulary.ts';
import type { GrammarMatcher } from './xgrammar.ts';

/** Holds one answer to its grammar, token by token. */
export class TokenMatcher implements Matcher {
  /** True where the next token would lose its first space when it is read. */
  #losesSpace: boolean;
  #isDisposed = false;

  constructor(
    private readonly matcher: GrammarMatcher,
    private readonly tokenizer: Tokenizer,
    /** Tokens that begin with a space, where the tokenizer puts one before a text. */
    private readonly spaced: ReadonlySet<number>,
    /** Control tokens that count as text. */
    private readonly shown: ReadonlySet<string>,
  ) {
    this.#losesSpace = tokenizer.addsSpace !== 'never';
  }

  /** The tokens that may come next: a bit each, 32 to a word. Nothing once the answer is over. */
  async mask(): Promise<Int32Array<ArrayBuffer> | undefined> {
    if (this.#isDisposed || this.matcher.isTerminated()) return undefined;
    // A copy of its own
    const mask = (await this.matcher.getNextTokenBitmask()) as Int32Array<ArrayBuffer>;
    if (this.#losesSpace) for (const id of this.spaced) mask[id >> 5]! &= ~(1 << (id & 31));
    return mask;
  }

  /** The token that has come; false if the mask leaves it out, and then nothing has changed. */
  accept(id: number): boolean {
    if (this.#isDisposed || this.matcher.isTerminated()) return false;
    if (this.#losesSpace && this.spaced.has(id)) return false;
    // The package would refuse these too, and write to the console each time
    if (!this.tokenizer.endIds.has(id) && isSilent(this.tokenizer, id, this.shown)) return false;
    if (!this.matcher.acceptToken(id)) return false;
    const kind = this.tokenizer.kind(id);
    if (kind !== 'control' && kind !== 'user') this.#losesSpace = false;
    else this.#losesSpace ||= this.tokenizer.addsSpace === 'at-start-and-after-specials';
    return true;
  }

  get isOver(): boolean {
    return !this.#isDisposed && this.matcher.isTerminated();
  }

  dispose(): void {
    if (!this.#isDisposed) this.matcher.dispose();
    this.#isDisposed = true;
  }
}
