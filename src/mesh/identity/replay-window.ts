/** How far behind the newest number an older one may still come: the window of RFC 6479, 1024 wide. */
export const REPLAY_WINDOW = 1_024;

/** Takes each number once. What is older than the window is taken for a repetition. */
export class ReplayWindow {
  readonly #seen = new Uint8Array(REPLAY_WINDOW);
  #newest = -1;

  /** False if it was taken before, or may have been. */
  take(number: number): boolean {
    if (!Number.isSafeInteger(number) || number < 0 || number <= this.#newest - REPLAY_WINDOW) return false;
    if (number > this.#newest) {
      const from = Math.max(this.#newest + 1, number - REPLAY_WINDOW + 1);
      for (let skipped = from; skipped < number; skipped++) this.#seen[skipped % REPLAY_WINDOW] = 0;
      this.#newest = number;
    } else if (this.#seen[number % REPLAY_WINDOW]) return false;
    this.#seen[number % REPLAY_WINDOW] = 1;
    return true;
  }
}
