import { cancelled } from './time.ts';

/** One piece of work that several callers wait for. It is stopped when the last of them has left. */
export class SharedJob<Part, Result> {
  readonly #stop = new AbortController();
  readonly #followers = new Set<(part: Part) => void>();
  readonly #result: Promise<Result>;
  #latest: { part: Part } | undefined;

  constructor(run: (signal: AbortSignal, send: (part: Part) => void) => Promise<Result>) {
    this.#result = run(this.#stop.signal, (part) => {
      this.#latest = { part };
      for (const follower of this.#followers) follower(part);
    });
    // Followers hear of a failure; a job whose followers have all left fails for nobody
    this.#result.catch(() => {});
  }

  get isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Every part from now on, the latest one at once. An aborted `signal` leaves the job. */
  async follow(signal: AbortSignal, onPart: (part: Part) => void): Promise<Result> {
    // Its own function, so that one that is passed twice counts twice
    const follower = (part: Part) => onPart(part);
    this.#followers.add(follower);
    if (this.#latest) follower(this.#latest.part);

    let leave = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => {
        this.#followers.delete(follower);
        if (this.#followers.size === 0) this.stop();
        else reject(cancelled());
      };
    });
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    try {
      return await Promise.race([this.#result, left]);
    } finally {
      this.#followers.delete(follower);
      signal.removeEventListener('abort', leave);
    }
  }

  stop(reason: unknown = cancelled()): void {
    this.#stop.abort(reason);
  }

  /** When it is over, however it ended. */
  async over(): Promise<void> {
    await this.#result.catch(() => {});
  }
}
