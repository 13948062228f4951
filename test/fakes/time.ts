import { cancelled, type Time } from '../../src/storage/time.ts';

/** Time that tests turn by hand: waits of up to `skipMs` are over at once, longer ones when `pass` has reached them. */
export class FakeTime implements Time {
  readonly waits: number[] = [];
  #now = Date.UTC(2026, 0, 1);
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();

  constructor(private readonly skipMs = 30_000) {}

  now(): number {
    return this.#now;
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw cancelled();
    this.waits.push(ms);
    if (ms <= this.skipMs) {
      this.#now += ms;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(cancelled());
      });
    });
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
