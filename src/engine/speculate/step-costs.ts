/** Below what any adapter takes: a measurement of nothing must not promise the world. */
const LEAST_MS_PER_ROW = 0.001;
/** Until it has been measured: rows read the same weights as the one that they follow. */
const GUESSED_ROW_SHARE = 1 / 16;

/** How many rows a step has, by what they are for. */
export interface StepRows {
  /** One for each sequence that goes on. */
  decodes: number;
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

  /** On top of that, for a row of a guess. */
  get msPerGuess(): number {
    return this.#msPerGuess ?? this.decodeMs * GUESSED_ROW_SHARE;
  }

  expected({ decodes, guesses, prompts }: StepRows): number {
    const rows = prompts > 0 ? (decodes + prompts) * this.msPerRow : 0;
    return this.decodeMs + guesses * this.msPerGuess + rows;
  }

  note({ decodes, guesses, prompts }: StepRows, busyMs: number): void {
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
