import { type Clock, sleep } from '../clock.ts';
import { LaneUse } from './lane-use.ts';

/** GPU time that may be saved up while idle, so that a first answer starts at full speed. */
const BURST_MS = 50;

/**
 * Keeps the GPU's busy time under the user's share of wall time: a token bucket that fills with `share`
 * milliseconds per millisecond. A step pays what it will probably take when it is submitted, and the
 * difference when it is done, so that several steps may be in flight.
 */
export class Governor {
  /** Whose steps the time went to. */
  readonly lanes: LaneUse;
  readonly #clock: Clock;
  #share = 1;
  #creditMs = BURST_MS;
  #filledAt: number;
  #paidMs = 0;
  #users = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.lanes = new LaneUse(clock);
    this.#filledAt = clock.now();
  }

  /** 0–1. At 1 nothing is ever held back. */
  get share(): number {
    return this.#share;
  }

  set share(share: number) {
    this.#fill();
    this.#share = share;
  }

  /** GPU time of all steps so far. */
  get paidMs(): number {
    return this.#paidMs;
  }

  /** Whether steps of several models take turns on the GPU. */
  get isShared(): boolean {
    return this.#users > 1;
  }

  /** Somebody has steps to run, until they call what this returns. */
  enter(): () => void {
    this.#users += 1;
    return () => {
      this.#users -= 1;
    };
  }

  /** Resolves when the next step may be submitted. */
  async permit(): Promise<void> {
    for (;;) {
      this.#fill();
      if (this.#share >= 1 || this.#creditMs >= 0) return;
      await sleep(this.#clock, Math.ceil(-this.#creditMs / this.#share));
    }
  }

  /** Takes GPU time off what may be used; negative to give back what was paid too much. */
  pay(busyMs: number): void {
    this.#fill();
    this.#creditMs -= busyMs;
    this.#paidMs += busyMs;
  }

  #fill(): void {
    const now = this.#clock.now();
    this.#creditMs = Math.min(BURST_MS, this.#creditMs + (now - this.#filledAt) * this.#share);
    this.#filledAt = now;
  }
}
