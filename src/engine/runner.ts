import { HearthError } from '../protocol/errors.ts';
import type { GenerateOutput, GeneratePart } from '../protocol/generate.ts';
import { Answer, type RunRequest } from './answer.ts';
import type { Clock } from './clock.ts';
import type { Governor } from './governor.ts';
import { PagePool } from './pages.ts';
import type { Plan } from './plan.ts';
import { type Chunk, Scheduler, type StepPlan } from './schedule.ts';
import { isPrefilling } from './sequence.ts';
import type { Stepper, StepResult } from './stepper.ts';
import { type TextDecoder, TokenStream } from './stream.ts';

/** A step that runs beside an answer in progress should not hold it up for longer than this. */
const SHARED_STEP_MS = 8;
/** A step that only fills one page's prompt may take longer, but the page must be able to cancel. */
const LONE_STEP_MS = 50;
const MIN_ROWS = 16;

export interface RunnerOptions {
  plan: Plan;
  step: Stepper;
  clock: Clock;
  governor: Governor;
  /** Ids that end an answer. They are neither sent nor counted as text. */
  endIds: ReadonlySet<number>;
  newDecoder(): TextDecoder;
  /**
   * Called when the device is lost under a step; resolves to what computes from then on. Fails with `device-lost`
   * if that was lost too, and with anything else for good.
   */
  recover(): Promise<Stepper>;
}

/** The answers that one loaded model is making: takes requests, runs steps while there is work, streams. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #scheduler: Scheduler;
  readonly #answers = new Map<number, Answer>();
  #step: Stepper;
  #nextId = 1;
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** What steps take of the GPU's time: moving averages, for a row of a prompt and for a step without prompts. */
  #msPerRow = 0.5;
  #decodeMs = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#step = options.step;
    const { plan } = options;
    this.#scheduler = new Scheduler({
      slots: plan.slots,
      depth: options.step.depth,
      pages: new PagePool(plan.pageCount, plan.pageSize),
      keepsTexts: () => this.#step.keepsPages,
      onPage: (slot, index, page) => this.#step.setPage(slot, index, page),
      onSlot: (sequence) => this.#step.setSampler(sequence),
    });
  }

  get answers(): Iterable<Answer> {
    return this.#answers.values();
  }

  get isIdle(): boolean {
    return this.#answers.size === 0;
  }

  /** Resolves when the reader has the whole answer; rejects with `cancelled` once the signal aborts. */
  async run(
    request: RunRequest,
    send: (part: GeneratePart) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Omit<GenerateOutput, 'model'>> {
    const { plan, clock, endIds, newDecoder } = this.#options;
    if (request.ids.length === 0)
      throw new HearthError('bad-input', 'The prompt is empty: it has no tokens.');
    if (request.ids.length >= plan.contextLength) {
      throw new HearthError(
        'too-long',
        `The prompt has ${request.ids.length} tokens, but prompt and answer together may have ${plan.contextLength}.`,
      );
    }
    signal.throwIfAborted();

    const answer = new Answer(this.#nextId++, request, plan.contextLength, clock, endIds);
    const stream = new TokenStream({
      decoder: newDecoder(),
      stop: request.stop,
      clock,
      send,
      onPause: (isPaused) => {
        answer.sequence.isPaused = isPaused;
        this.#wakeUp();
      },
      onError: (error) => this.#end(answer, () => answer.fail(error)),
    });
    answer.onText = (id) => stream.push(id);
    answer.onEnd = (reason) => this.#end(answer, () => answer.finish(reason));

    const abort = () =>
      this.#end(answer, () => answer.fail(new HearthError('cancelled', 'The call was cancelled.')));
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.#answers.set(answer.sequence.id, answer);
      this.#scheduler.add(answer.sequence);
      this.#start();
      const finishReason = await answer.ended;
      await stream.end();
      return { finishReason, usage: answer.usage, timings: answer.timings };
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Ends every answer, or those of one origin; says how many. */
  stop(origin: string | undefined): number {
    const ended = [...this.#answers.values()].filter(
      (answer) => origin === undefined || answer.sequence.origin === origin,
    );
    for (const answer of ended)
      this.#end(answer, () => answer.fail(new HearthError('cancelled', 'The user stopped this answer.')));
    // Who stops a site wants nothing of it left
    this.#scheduler.forget(origin);
    return ended.length;
  }

  /** Forgets what ended answers left in the cache. */
  forget(): void {
    this.#scheduler.forget(undefined);
  }

  #end(answer: Answer, settle: () => void): void {
    if (!this.#answers.delete(answer.sequence.id)) return;
    this.#scheduler.remove(answer.sequence);
    settle();
    this.#wakeUp();
  }

  #start(): void {
    this.#wakeUp();
    this.#loop ??= this.#runSteps()
      .catch((error: unknown) => {
        for (const answer of [...this.#answers.values()]) this.#end(answer, () => answer.fail(error));
      })
      .finally(() => {
        this.#loop = undefined;
        // A request may have come between the last look and here
        if (this.#answers.size > 0) this.#start();
      });
  }

  async #runSteps(): Promise<void> {
    const inFlight: Promise<void>[] = [];
    let failure: unknown;
    while (this.#answers.size > 0 || inFlight.length > 0) {
      if (failure === undefined && inFlight.length < this.#step.depth) {
        await this.#options.governor.permit();
        const plan = this.#scheduler.next(this.#budget());
        if (plan) {
          inFlight.push(this.#submit(plan).catch((error: unknown) => void (failure ??= error)));
          continue;
        }
      }
      if (inFlight.length > 0) await inFlight.shift();
      else if (failure !== undefined) {
        await this.#recover(failure);
        failure = undefined;
      } else await this.#idle();
    }
  }

  async #submit(plan: StepPlan): Promise<void> {
    for (const { sequence } of [...plan.decodes, ...plan.prefills])
      this.#answers.get(sequence.id)?.onScheduled();

    const { governor } = this.#options;
    const rows = plan.decodes.length + plan.prefills.reduce((sum, chunk) => sum + chunk.rows, 0);
    const isPrefill = plan.prefills.length > 0;
    const expectedMs = isPrefill ? rows * this.#msPerRow : this.#decodeMs;
    governor.pay(expectedMs);
    const result = await this.#step.run(plan);
    governor.pay(result.busyMs - expectedMs);

    if (isPrefill) this.#msPerRow = moved(this.#msPerRow, result.busyMs / rows);
    else this.#decodeMs = moved(this.#decodeMs, result.busyMs);
    this.#read(plan, result);
  }

  #read(plan: StepPlan, { ids }: StepResult): void {
    const outputs = [...plan.decodes, ...plan.prefills].filter(({ isOutput }) => isOutput);
    for (const [i, chunk] of outputs.entries()) {
      if (isCurrent(chunk)) chunk.sequence.onToken(ids[i]!);
    }
  }

  /** Rows that fit the time a step may take; all that the plan has room for if nobody waits beside it. */
  #budget(): number {
    const running = [...this.#scheduler.sequences];
    const isShared =
      running.some((s) => !isPrefilling(s)) || new Set(running.map(({ origin }) => origin)).size > 1;
    const rows = Math.floor((isShared ? SHARED_STEP_MS : LONE_STEP_MS) / this.#msPerRow);
    return Math.min(this.#options.plan.maxRows, Math.max(MIN_ROWS, rows, running.length));
  }

  /** Answers keep their tokens and streams: whatever computes next takes them up where they are. */
  async #recover(cause: unknown): Promise<void> {
    let failure = cause;
    while (failure instanceof HearthError && failure.code === 'device-lost') {
      this.#scheduler.rewindAll();
      try {
        this.#step = await this.#options.recover();
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

function moved(average: number, value: number): number {
  return 0.7 * average + 0.3 * value;
}

/** Results of a step count only for a sequence that still runs in the same epoch. */
function isCurrent({ sequence, epoch }: Chunk): boolean {
  return !sequence.isDone && sequence.epoch === epoch;
}
