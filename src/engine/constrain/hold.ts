import type { Speculates } from '../speculate/speculation.ts';

/** Which tokens may come next, after all that have been taken. */
export interface Matcher {
  /** A bit each, 32 to a word; nothing once the answer is over. */
  mask(): Promise<Int32Array<ArrayBuffer> | undefined>;
  /** The next token; false if it may not come, and then nothing has changed. */
  accept(id: number): boolean;
  /** True once nothing may follow, where no token says so. */
  readonly isOver: boolean;
  dispose(): void;
}

export interface HoldOptions {
  /** Whether tokens are counted when they are sampled: then nothing is sampled but under the mask. */
  isCounted: boolean;
  /** Whether the answer runs ahead of its grammar; while that pays if absent. */
  speculates?: Speculates | undefined;
}

/** What refused tokens count in the moving average of their share. */
const WEIGHT = 1 / 16;
/**
 * While more tokens than this are refused, each is waited for. A refused token makes useless what is under way (up to six
 * steps) and is sampled again; waiting makes each step longer by the way of its token and mask, half a step or more.
 */
const MOST_REFUSED = 1 / 8;

/**
 * Holds one answer to its grammar. Its next token is what the model says freely, if that may come; else what the model
 * says of those tokens that may. The first needs no mask, so steps go ahead of their results on the guess that the model
 * keeps to its grammar. A token that is refused ends the epoch, and is sampled again in a step that waits for the mask and
 * gives both: what comes is the same, however often it is waited for.
 *
 * With greedy choice, and with temperature alone, that is sampling under the mask: the highest score of all tokens is that of
 * the allowed ones if it is allowed. Top-k, top-p and min-p are applied to what the model says freely, and to the rest where
 * that is refused.
 */
export class Hold {
  readonly #matcher: Matcher;
  readonly #options: HoldOptions;
  /** Of the last tokens: a moving average. */
  #refusedShare = 0;
  #isRefused = false;

  constructor(matcher: Matcher, options: HoldOptions) {
    this.#matcher = matcher;
    this.#options = options;
  }

  /** What was said freely may not come: this token has to be sampled under its mask. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Whether the next token waits for its mask. */
  get needsMask(): boolean {
    const { isCounted, speculates = 'by gain' } = this.#options;
    if (isCounted || this.#isRefused || speculates === 'never') return true;
    return speculates === 'by gain' && this.#refusedShare > MOST_REFUSED;
  }

  get isOver(): boolean {
    return this.#matcher.isOver;
  }

  mask(): Promise<Int32Array<ArrayBuffer> | undefined> {
    return this.#matcher.mask();
  }

  /** The next token, of what was sampled freely and under the mask if there was one. None if neither may come. */
  take(free: number, masked: number | undefined): number | undefined {
    const wasRefused = this.#isRefused;
    const isKept = !this.#options.isCounted && this.#matcher.accept(free);
    if (!wasRefused) this.#refusedShare += WEIGHT * (Number(!isKept) - this.#refusedShare);
    this.#isRefused = !isKept && !(masked !== undefined && this.#matcher.accept(masked));
    if (this.#isRefused) return undefined;
    return isKept ? free : masked;
  }

  dispose(): void {
    this.#matcher.dispose();
  }
}
