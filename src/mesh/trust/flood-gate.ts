import type { Clock } from '../clock.ts';
import { FRAME_BURST, FRAMES_PER_SECOND } from '../limits.ts';

/** Counts a peer's frames: a token bucket. */
export class FloodGate {
  readonly #clock: Clock;
  #credit = FRAME_BURST;
  #filledAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledAt = clock.now();
  }

  /** False if it has sent more than any honest machine would. */
  admit(): boolean {
    const now = this.#clock.now();
    this.#credit = Math.min(FRAME_BURST, this.#credit + ((now - this.#filledAt) * FRAMES_PER_SECOND) / 1_000);
    this.#filledAt = now;
    if (this.#credit < 1) return false;
    this.#credit--;
    return true;
  }
}
