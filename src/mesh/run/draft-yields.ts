import type { DraftYield } from '../planner/predict.ts';

/** How much of what was seen is left after one more lap. */
const MEMORY = 0.98;
/** Before anything has been seen: a try is worth it. It is also the least that is expected, so that drafts are tried again. */
const HOPED: DraftYield = { rows: 0, tokens: 1.02 };

/** What drafts have brought of late, for each lap of a sequence's next token. */
export class DraftYields {
  #laps = 0;
  #rows = 0;
  #tokens = 0;

  /** A lap that carried `drafted` rows more, and yielded `accepted` tokens more than its one. */
  add(drafted: number, accepted: number): void {
    this.#laps = MEMORY * this.#laps + 1;
    this.#rows = MEMORY * this.#rows + drafted;
    this.#tokens = MEMORY * this.#tokens + accepted;
  }

  get now(): DraftYield {
    if (this.#laps === 0) return HOPED;
    return {
      rows: this.#rows / this.#laps,
      tokens: Math.max(HOPED.tokens, 1 + this.#tokens / this.#laps),
    };
  }
}
