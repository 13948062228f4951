import type { Clock } from '../clock.ts';
import type { Speculates } from './speculation.ts';

/** Says what a text may go on with, in less time than its model takes: a smaller model of the same vocabulary. */
export interface Drafter {
  /** Up to `count` tokens; none where it has nothing to say. It does not fail. */
  draft(tokens: readonly number[], count: number, signal: AbortSignal): Promise<readonly number[]>;
}

/** What follows the text of that length; no tokens until they are there. */
interface Draft {
  length: number;
  tokens: readonly number[] | undefined;
}

const FIRST_COUNT = 4;
const MOST_COUNT = 15;
/** Tokens over which each way to go on is timed. */
const STRETCH = 16;
/** What drafting has to promise over going on without. */
const LEAST_GAIN = 1.05;
/** Tokens without drafts after a stretch in which they cost more than they gave; doubled when it happens again. */
const FIRST_REST = 128;
const LONGEST_REST = 4096;

/**
 * One sequence's drafts: rows of a step that a smaller model has thought of, which stand just if the larger one samples them
 * too (speculative decoding, Leviathan et al. 2023). The smaller one draws with the same seed at the same positions, so that
 * both say the same wherever they think alike. While it drafts, the sequence waits; so both ways are timed, a stretch of
 * tokens each, and the quicker one is taken.
 */
export class Drafts {
  /** A draft has come, or none will: the sequence can go on. */
  onReady: () => void = () => {};
  readonly #drafter: Drafter;
  readonly #clock: Clock;
  readonly #speculates: Speculates;
  readonly #abort = new AbortController();
  #count = FIRST_COUNT;
  #draft: Draft | undefined;
  #isOn: boolean;
  /** Since when, and from which length of the text on, this way to go on is timed. */
  #stretch: { startedAt: number; length: number } | undefined;
  #plainMs = 0;
  #restTokens = STRETCH;
  #nextRest = FIRST_REST;

  constructor(drafter: Drafter, clock: Clock, speculates: Speculates = 'by gain') {
    this.#drafter = drafter;
    this.#clock = clock;
    this.#speculates = speculates;
    this.#isOn = speculates === 'always';
  }

  /** Whether the sequence goes on by drafts: each is of a text that is known to its end. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** What may follow a text, up to `most` tokens; none where nothing is known; `later` while it is being thought of. */
  next(tokens: readonly number[], most: number): readonly number[] | 'later' {
    if (!this.#isOn) return [];
    const { length } = tokens;
    if (this.#draft?.length !== length) this.#ask(tokens, Math.min(this.#count, most));
    return this.#draft?.tokens?.slice(0, most) ?? 'later';
  }

  /** A text has grown. */
  take({ length }: readonly number[]): void {
    // A step that was right to its end gives a token more than were guessed
    if (this.#draft?.tokens && length === this.#draft.length + this.#draft.tokens.length + 1)
      this.#count = Math.min(MOST_COUNT, this.#count + 2);
    if (this.#speculates === 'by gain') this.#time(length);
  }

  /** The last draft was wrong from some token on. */
  missed({ length }: readonly number[]): void {
    const right = this.#draft ? length - this.#draft.length - 1 : 0;
    this.#count = Math.max(1, Math.min(this.#count, right + 1));
  }

  dispose(): void {
    this.#abort.abort();
  }

  #ask(tokens: readonly number[], count: number): void {
    const draft: Draft = { length: tokens.length, tokens: undefined };
    this.#draft = draft;
    void this.#drafter.draft([...tokens], count, this.#abort.signal).then((drafted) => {
      draft.tokens = drafted;
      if (drafted.length === 0) this.#rest();
      this.onReady();
    });
  }

  #time(length: number): void {
    const now = this.#clock.now();
    // What a text began with came with its prompt
    this.#stretch ??= { startedAt: now, length };
    const count = length - this.#stretch.length;
    if (count < (this.#isOn ? STRETCH : this.#restTokens)) return;
    const ms = (now - this.#stretch.startedAt) / count;
    this.#stretch = { startedAt: now, length };
    if (!this.#isOn) {
      this.#plainMs = ms;
      this.#isOn = true;
    } else if (ms * LEAST_GAIN > this.#plainMs) this.#rest();
    else this.#nextRest = FIRST_REST;
  }

  #rest(): void {
    this.#isOn = false;
    this.#restTokens = this.#nextRest;
    this.#nextRest = Math.min(LONGEST_REST, 2 * this.#nextRest);
  }
}
