import { HearthError } from '../protocol/errors.ts';

export interface Waiting<Input> {
  readonly id: number;
  readonly input: Input;
  readonly origin: string;
  readonly signal: AbortSignal;
  readonly isRunning: boolean;
  send(part: unknown): void;
}

interface Job<Input> extends Waiting<Input> {
  isRunning: boolean;
  stop: AbortController;
  finish(answer: unknown): void;
  fail(error: unknown): void;
}

export interface TaskQueueOptions<Input> {
  now(): number;
  /** Jobs whose groups are equal may be run together; undefined for one that goes alone. */
  group(job: Waiting<Input>): string | undefined;
  /** An answer to each. */
  run(jobs: Waiting<Input>[]): Promise<unknown[]>;
}

/** Jobs that are run together. */
const MOST_TOGETHER = 32;

/** Jobs of all pages, one at a time: next is that of the origin that has had the least time since all was last at rest. */
export class TaskQueue<Input> {
  readonly #options: TaskQueueOptions<Input>;
  readonly #waiting: Job<Input>[] = [];
  readonly #spentMs = new Map<string, number>();
  #running: Job<Input>[] = [];
  #isBusy = false;
  #lastId = 0;

  constructor(options: TaskQueueOptions<Input>) {
    this.#options = options;
  }

  /** Rejects at once when its signal is aborted; what is computed for nobody ends with its next run. */
  add({ signal, ...wish }: Pick<Waiting<Input>, 'input' | 'origin' | 'signal' | 'send'>): Promise<unknown> {
    signal.throwIfAborted();
    const stop = new AbortController();
    const id = ++this.#lastId;
    const cancel = () => stop.abort(cancelled('The call was cancelled.'));
    signal.addEventListener('abort', cancel, { once: true });
    return new Promise<unknown>((finish, fail) => {
      const job: Job<Input> = { ...wish, id, isRunning: false, signal: stop.signal, stop, finish, fail };
      stop.signal.addEventListener('abort', () => {
        this.#leave(job);
        fail(stop.signal.reason);
      });
      this.#waiting.push(job);
      void this.#work();
      // The caller's signal may live on for hours, and would keep what has long been computed
    }).finally(() => signal.removeEventListener('abort', cancel));
  }

  get all(): readonly Waiting<Input>[] {
    return [...this.#running, ...this.#waiting];
  }

  /** Ends every job, or those of one origin; says how many. */
  stop(origin: string | undefined): number {
    const ended = [...this.#running, ...this.#waiting].filter(
      (job) => !job.signal.aborted && (origin === undefined || job.origin === origin),
    );
    for (const { stop } of ended) stop.abort(cancelled('The user stopped this request.'));
    return ended.length;
  }

  /** Throws `cancelled` once nobody waits for what runs now. */
  mustGoOn(): void {
    const [job] = this.#running;
    if (job && this.#running.every(({ signal }) => signal.aborted)) throw job.signal.reason;
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    // Calls that were made in the same moment are all there before one is chosen
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      this.#running = this.#next();
      const begun = this.#options.now();
      const jobs = [...this.#running];
      for (const job of jobs) job.isRunning = true;
      try {
        const answers = await this.#options.run(jobs);
        for (const [i, job] of jobs.entries()) job.finish(answers[i]);
      } catch (error) {
        if (jobs.length === 1) jobs[0]!.fail(error);
        // Whose fault it was shows when each is alone
        else for (const job of jobs) await this.#alone(job);
      }
      const each = (this.#options.now() - begun) / jobs.length;
      for (const { origin } of jobs) this.#spentMs.set(origin, (this.#spentMs.get(origin) ?? 0) + each);
    }
    this.#running = [];
    this.#spentMs.clear();
    this.#isBusy = false;
  }

  async #alone(job: Job<Input>): Promise<void> {
    if (job.signal.aborted) return;
    this.#running = [job];
    try {
      const [answer] = await this.#options.run([job]);
      job.finish(answer);
    } catch (error) {
      job.fail(error);
    }
  }

  #next(): Job<Input>[] {
    const spent = ({ origin }: Job<Input>) => this.#spentMs.get(origin) ?? 0;
    const first = this.#waiting.reduce((best, job) => (spent(job) < spent(best) ? job : best));
    const group = this.#options.group(first);
    const others = this.#waiting.filter(
      (job) => job !== first && group !== undefined && this.#options.group(job) === group,
    );
    const jobs = [first, ...others.slice(0, MOST_TOGETHER - 1)];
    for (const job of jobs) this.#leave(job);
    return jobs;
  }

  #leave(job: Job<Input>): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
  }
}

function cancelled(why: string): HearthError {
  return new HearthError('cancelled', why);
}
