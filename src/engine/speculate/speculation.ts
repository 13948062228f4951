import { Lookup } from './lookup.ts';
import type { StepCosts } from './step-costs.ts';

/** Rows of guesses in a step, of one sequence. */
const ROW_COUNTS = [1, 3, 7, 15] as const;
/** What guessing has to promise over a row at a time. */
const LEAST_GAIN = 1.1;
/** Tokens without guesses after some that cost more than they gave; doubled when it happens again. */
const FIRST_REST = 128;
const LONGEST_REST = 4096;

/** When texts are guessed ahead: when that pays by what it has cost so far, or whenever there is a guess, or never. */
export type Speculates = 'by gain' | 'always' | 'never';

/** What choosing depends on, besides the sequence. */
export interface StepsNow {
  costs: StepCosts;
  /** Sequences that share a step's time. */
  decoding: number;
  /** Steps under way at once: what a wrong guess makes useless. */
  depth: number;
  /** Rows that a step has left for guesses. */
  room: number;
  speculates: Speculates;
}

/**
 * One sequence's guesses. A step computes the row of the next token and, beside it, rows of what may follow; each gives
 * what the model samples after it. What is sampled depends on the text, seed and position alone, so a guess is right just
 * if it is what was sampled before it, and then its own sample is the next token: the answer is the same as without
 * guesses, greedy or not (this is speculative sampling, Leviathan et al. 2023, where target and draft share their chance).
 * Steps go ahead of their results as ever, on the guess that those before them are right.
 *
 * Guesses are compared with what comes before anything is computed with them: only what has proved right of late is used.
 */
export class Speculation {
  readonly #lookup = new Lookup();
  #length = 0;
  /** Share of the last tokens that were guessed right: a moving average. */
  #right = 0;
  /** The next tokens of the text, as steps under way have them. */
  #ahead: number[] = [];
  /** What guessing has won since it was last begun, in milliseconds. */
  #wonMs = 0;
  #tokenMs = 0;
  #restTokens = 0;
  #nextRest = FIRST_REST;

  /** What is under way was thought of elsewhere: it says nothing of what the text repeats. */
  #isDraft = false;

  /** Whether steps under way have rows of guesses: what they sample last is not known even to the GPU. */
  get isGuessing(): boolean {
    return this.#ahead.length > 0 || this.#isLastGuessed;
  }
  #isLastGuessed = false;

  /** Takes what is new of a text. False if a step under way was computed with something else. */
  take(tokens: readonly number[], promptLength: number): boolean {
    for (; this.#length < tokens.length; this.#length++) {
      const token = tokens[this.#length]!;
      if (this.#length >= promptLength) this.#judge(token);
      this.#lookup.push(token);
      const taken = this.#ahead.shift();
      if (taken !== undefined && taken !== token) {
        this.#end();
        this.#length++;
        return false;
      }
    }
    return true;
  }

  /**
   * Tokens for rows from position `scheduled` on, the first of which is the text's own or a guess too; none if the next
   * row should be an ordinary one, or has to wait.
   */
  next(tokens: readonly number[], scheduled: number, now: StepsNow): readonly number[] {
    // Guesses that go on from others have to know them
    if (this.#isDraft) return [];
    if (!this.isGuessing && this.#restTokens > 0 && now.speculates === 'by gain') return [];
    const rows = Math.min(this.#choose(now), now.room);
    const unknown = scheduled - tokens.length + 1;
    if (rows < 1) return [];
    const guesses = this.#lookup.guess(unknown + rows);
    if (guesses.length === 0) return [];
    if (!this.isGuessing) this.#wonMs = 0;
    this.#ahead = guesses;
    this.#isLastGuessed = true;
    this.#tokenMs = now.costs.decodeMs / now.decoding;
    this.#wonMs -= this.#tokenMs + rows * now.costs.msPerGuess;
    return unknown === 0 ? [tokens.at(-1)!, ...guesses] : guesses.slice(unknown - 1);
  }

  /** Rows for what somebody else thinks that a text goes on with, of which nothing is under way. */
  follow(tokens: readonly number[], draft: readonly number[]): readonly number[] {
    this.#ahead = [...draft];
    this.#isLastGuessed = true;
    this.#isDraft = true;
    return [tokens.at(-1)!, ...draft];
  }

  /** The token after the text may not be what was sampled: what was computed with it is void. */
  refuse(): void {
    if (this.isGuessing) this.#end();
  }

  /** All that was under way has been read, or is void. */
  settle(): void {
    this.#ahead = [];
    this.#isLastGuessed = false;
    this.#isDraft = false;
  }

  #judge(token: number): void {
    const [expected] = this.#lookup.guess(1);
    this.#right = 0.75 * this.#right + (expected === token ? 0.25 : 0);
    this.#wonMs += this.#tokenMs;
    this.#restTokens = Math.max(0, this.#restTokens - 1);
  }

  /** A guess was wrong: what was won on the way says whether to go on guessing. */
  #end(): void {
    if (this.#isDraft) {
      this.settle();
      return;
    }
    if (this.#wonMs < 0) {
      this.#restTokens = this.#nextRest;
      this.#nextRest = Math.min(LONGEST_REST, 2 * this.#nextRest);
    } else this.#nextRest = FIRST_REST;
    this.settle();
  }

  /** The number of guesses that gives most tokens for the time, by how many were right of late; 0 if none does. */
  #choose({ costs, decoding, depth, speculates }: StepsNow): number {
    if (speculates !== 'by gain') return speculates === 'always' ? ROW_COUNTS.at(-1)! : 0;
    const tokenMs = costs.decodeMs / decoding;
    let best = { rows: 0, rate: LEAST_GAIN / tokenMs };
    for (const rows of ROW_COUNTS) {
      const allRight = this.#right ** (rows + 1);
      const tokens = this.#right < 1 ? (1 - allRight) / (1 - this.#right) : rows + 1;
      const ms = tokenMs + rows * costs.msPerGuess + (1 - allRight) * (depth - 1) * tokenMs;
      if (tokens / ms > best.rate) best = { rows, rate: tokens / ms };
    }
    return best.rows;
  }
}
