import type { Clock } from '../clock.ts';

/** Over about so long tokens are counted. */
const WINDOW_MS = 2_000;
/** What is left of a pace that nobody keeps up any more. */
const LEAST_PER_SECOND = 0.05;

/** Tokens per second, of late: what was counted fades away exponentially. */
export class Pace {
  #count = 0;
  #at: number;

  constructor(private readonly clock: Clock) {
    this.#at = clock.now();
  }

  add(tokens: number): void {
    this.#fade();
    this.#count += tokens;
  }

  perSecond(): number {
    this.#fade();
    const perSecond = (this.#count * 1_000) / WINDOW_MS;
    return perSecond < LEAST_PER_SECOND ? 0 : perSecond;
  }

  #fade(): void {
    const now = this.clock.now();
    this.#count *= Math.exp((this.#at - now) / WINDOW_MS);
    this.#at = now;
  }
}
