/** Below what any adapter takes: a measurement of nothing must not promise the world. */
const LEAST_MS_PER_ROW = 0.001;
/** Until it has been measured: rows read the same weights as the one that they follow. */
const GUESSED_ROW_SHARE = 1 / 16;
/** What others may add to a step of streams that somebody reads, as a share of what it takes without them: below 1, for what varies. */
const LOAD_SHARE = 0.8;
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

/** What steps take of the computing unit's time: moving averages in milliseconds. */
export class StepCosts {
  /** A step without prompts and guesses. 0 until there was one. */
  decodeMs = 0;
  /** On top of that, for a row of a prompt. */
  msPerRow = 0.5;
  #msPerGuess: number | undefined;
  /** A step of streams that somebody reads, alone, and what a row of another one adds. */
  #readMs = 0;
  #msPerOther: number | undefined;
  #stepsSinceAlone = 0;

  /** What others may add to the next step of streams that somebody reads, in milliseconds; none until that is known. */
  get spareMs(): number {
    return this.#stepsSinceAlone < MEASURED_EVERY ? LOAD_SHARE * this.#readMs : 0;
  }

  get msPerOther(): number {
    return this.#msPerOther ?? this.#readMs * GUESSED_ROW_SHARE;
  }

  /** A step of streams that somebody reads is about to run, with others or without. */
  count(isAlone: boolean): void {
    this.#stepsSinceAlone = isAlone ? 0 : this.#stepsSinceAlone + 1;
  }

  /** On top of that, for a row of a guess. */
  get msPerGuess(): number {
    return this.#msPerGuess ?? this.decodeMs * GUESSED_ROW_SHARE;
  }

  expected({ decodes, guesses, prompts }: StepRows): number {
    const rows = prompts > 0 ? (decodes + prompts) * this.msPerRow : 0;
    return this.decodeMs + guesses * this.msPerGuess + rows;
  }

  note({ decodes, others, guesses, prompts }: StepRows, busyMs: number, isRead: boolean): void {
    if (isRead && prompts + guesses === 0) {
      if (others === 0) this.#readMs = this.#readMs === 0 ? busyMs : moved(this.#readMs, busyMs);
      else
        this.#msPerOther = moved(
          this.msPerOther,
          Math.max(LEAST_MS_PER_ROW, (busyMs - this.#readMs) / others),
        );
    }
    if (prompts > 0) {
      const own = Math.max(0, busyMs - this.decodeMs) / (decodes + guesses + prompts);
      this.msPerRow = moved(this.msPerRow, Math.max(own, LEAST_MS_PER_ROW));
    } else if (guesses > 0) {
      this.#msPerGuess = moved(this.msPerGuess, Math.max(0, busyMs - this.decodeMs) / guesses);
    } else this.decodeMs = moved(this.decodeMs, busyMs);
  }
}

function moved(average: number, value: number): number {
  return 0.7 * average + 0.3 * value;
}
