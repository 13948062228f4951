import { type Clock, sleep } from '../clock.ts';
import type { Governor } from '../schedule/governor.ts';

/** How often it looks whether others are done. */
const LOOK_MS = 50;

export interface QuietOptions {
  clock: Clock;
  governor: Governor;
  /** Whether anything else is under way, or waits to be. */
  isBusy(): boolean;
}

export interface Patience {
  signal: AbortSignal;
  /** Called each time that others are found at work. */
  onWait(): void;
}

/**
 * Lets work through that must have the GPU to itself, a short run at a time: each waits until nothing else is under way, and
 * what comes meanwhile waits for `over`. So a measurement disturbs no answer for longer than one run.
 */
export class Quiet {
  readonly #options: QuietOptions;
  #over: Promise<unknown> = Promise.resolve();

  constructor(options: QuietOptions) {
    this.#options = options;
  }

  /** Resolves once no run is under way. */
  get over(): Promise<unknown> {
    return this.#over;
  }

  /** `run` resolves to the GPU's time in milliseconds, which is paid out of the user's share. */
  async alone(run: () => Promise<number>, { signal, onWait }: Patience): Promise<number> {
    const { clock, governor, isBusy } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      await governor.permit();
      // Who waited for the last run goes first
      await sleep(clock, 0);
      if (!isBusy()) break;
      onWait();
      await sleep(clock, LOOK_MS);
    }
    signal.throwIfAborted();
    const running = run();
    this.#over = running.catch(() => {});
    const busyMs = await running;
    governor.pay(busyMs);
    return busyMs;
  }
}
