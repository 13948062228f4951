import { moved, RowTimes } from '../gpu/row-times.ts';

/** Of a prompt's row, until one has been measured. */
const GUESSED_MS_PER_ROW = 0.5;
/** Until it has been measured: rows read the same weights as the one that they follow. */
const GUESSED_ROW_SHARE = 1 / 16;
/** What others may add to a step of streams that somebody reads, as a share of what it takes without them: below 1, for what varies. */
const LOAD_SHARE = 0.7;
/** Times as many rows as were measured, where it is not known that they take too long. */
const TRIED = 2;
/** Now and then such a step goes without others, to know what it takes by now. */
const MEASURED_EVERY = 100;

/** How many rows a step has, by what they are for. */
export interface StepRows {
  /** One for each sequence that goes on. */
  decodes: number;
  /** Those of them that nobody is waiting for, beside some that somebody is. */
  others: number;
  /** What may follow those. */
  guesses: number;
  prompts: number;
}

/** Rows of others in a step of streams that somebody reads. */
export interface OtherRows {
  decodes: number;
  prompts: number;
  /** Whether those of prompts are a row of each, for the kernels of sequences that go on. */
  areSingle: boolean;
}

/** What steps take of the computing unit's time, in milliseconds, by what they have been measured to take. */
export class StepCosts {
  /** A step without prompts and guesses: a moving average. 0 until there was one. */
  decodeMs = 0;
  #msPerGuess: number | undefined;
  /** By all of their rows. Steps with prompts have other kernels for attention. */
  readonly #without = new RowTimes();
  readonly #withPrompts = new RowTimes();
  #stepsSinceAlone = 0;

  /** Of a prompt in steps as large as they have been. */
  get msPerRow(): number {
    return this.#withPrompts.perRow ?? GUESSED_MS_PER_ROW;
  }

  /** On top of a step without them, for a row of a guess. */
  get msPerGuess(): number {
    return this.#msPerGuess ?? this.decodeMs * GUESSED_ROW_SHARE;
  }

  /** A step of streams that somebody reads is about to run, with others or without. */
  count(isAlone: boolean): void {
    this.#stepsSinceAlone = isAlone ? 0 : this.#stepsSinceAlone + 1;
  }

  /** Rows that a step with prompts may have so as to take `ms`; 0 if none has been measured to take less. */
  rowsWithin(ms: number): number {
    return this.#withPrompts.most(ms);
  }

  /**
   * Others' rows beside so many streams that somebody reads: what keeps the step under twice the time that it takes without
   * them. None until that is known. If prompts wait, one row at least, or they would for as long as somebody reads.
   */
  beside(readers: number, others: Pick<OtherRows, 'decodes' | 'prompts'>, maySingle: boolean): OtherRows {
    const aloneMs = this.#without.measured(readers);
    if (aloneMs === undefined || this.#stepsSinceAlone >= MEASURED_EVERY)
      return { decodes: 0, prompts: 0, areSingle: false };
    const ms = (1 + LOAD_SHARE) * aloneMs;
    const room = Math.max(0, this.#without.most(ms, TRIED) - readers);
    if (others.prompts === 0)
      return { decodes: Math.min(others.decodes, room), prompts: 0, areSingle: false };
    // What prompts in chunks take beside the first of their rows is more than some models' whole step
    const inChunks = this.rowsWithin(ms) - readers;
    const areSingle = maySingle && inChunks < room;
    const rows = Math.max(1, areSingle ? room : inChunks);
    const half = Math.min(others.decodes, Math.floor(rows / 2));
    return { decodes: half, prompts: rows - half, areSingle };
  }

  expected({ decodes, guesses, prompts }: StepRows): number {
    const rows = decodes + guesses + prompts;
    if (prompts > 0) return this.#withPrompts.expected(rows) ?? this.decodeMs + rows * this.msPerRow;
    return this.#without.expected(rows) ?? this.decodeMs + guesses * this.msPerGuess;
  }

  note({ decodes, guesses, prompts }: StepRows, busyMs: number): void {
    const rows = decodes + guesses + prompts;
    (prompts > 0 ? this.#withPrompts : this.#without).note(rows, busyMs);
    if (prompts > 0) return;
    if (guesses > 0) this.#msPerGuess = moved(this.msPerGuess, Math.max(0, busyMs - this.decodeMs) / guesses);
    else this.decodeMs = moved(this.decodeMs, busyMs);
  }
}
