import { HearthError } from '../../protocol/errors.ts';
import type { Governor } from './governor.ts';
import { PagePools } from '../cache/pages.ts';
import type { Plan } from '../plan/plan.ts';
import { type Chunk, outputsOf, rowsOf, Scheduler, type StepPlan } from './schedule.ts';
import { isDecoding, type Sequence } from './sequence.ts';
import { StepCosts } from '../speculate/step-costs.ts';
import { Overflow, type Stepper, type Timed } from './stepper.ts';

/** A step that runs beside an answer in progress should not hold it up for longer than this. */
const SHARED_STEP_MS = 8;
/** A step that only fills one page's prompt may take longer, since many rows cost less each; but the page must be able to cancel. */
const LONE_STEP_MS = 150;
/** Steps go ahead of those under way for no longer than this: who comes next waits for all of them. */
const MOST_AHEAD_MS = 30;
const MIN_ROWS = 16;

/** What a model computes with, and by whose leave. */
export interface StepLoopParts<Result extends Timed> {
  plan: Plan;
  step: Stepper<Result>;
  governor: Governor;
  /**
   * Called when the device is lost under a step, or its numbers overflow; resolves to what computes from then on. Fails
   * with `device-lost` if that was lost too, and with anything else for good.
   */
  recover(cause: unknown): Promise<Stepper<Result>>;
}

export interface StepLoopOptions<Result extends Timed> extends StepLoopParts<Result> {
  /** A sequence is in the next step. */
  onScheduled(sequence: Sequence): void;
  /** What a step gave for one of its outputs: the `index`-th. Where that is under a mask, `aside` is what it would be without. */
  onOutput(sequence: Sequence, result: Result, index: number, aside: number | undefined): void;
  /** Nothing computes any more. */
  onFailure(error: unknown): void;
}

/** Runs a model's steps while there are sequences, several at once, under the governor and through losses of the device. */
export class StepLoop<Result extends Timed> {
  readonly #options: StepLoopOptions<Result>;
  readonly #scheduler: Scheduler;
  #step: Stepper<Result>;
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  readonly #costs = new StepCosts();
  /** Nothing was found that could go on: to be tried again for whoever asks next. */
  #isBroken = false;
  /** What steps under way will probably take, all together. */
  #aheadMs = 0;

  constructor(options: StepLoopOptions<Result>) {
    this.#options = options;
    this.#step = options.step;
    const { plan } = options;
    this.#scheduler = new Scheduler({
      slots: plan.slots,
      depth: options.step.ahead,
      groups: () => (this.#step.ahead < this.#step.depth ? this.#step.depth : 1),
      isWhole: plan.isWhole,
      pages: new PagePools(plan.groups, plan.pageSize, plan.maxRows),
      guessing: { costs: this.#costs, mayGuess: () => this.#step.takesGuesses ?? false },
      keepsTexts: () => this.#step.keepsPages,
      onPage: (slot, index, page, group) => this.#step.setPage(slot, index, page, group),
      onSlot: (sequence) => this.#step.setSampler(sequence),
    });
  }

  add(sequence: Sequence): void {
    this.#scheduler.add(sequence);
    this.#start();
  }

  remove(sequence: Sequence): void {
    this.#scheduler.remove(sequence);
    this.wakeUp();
  }

  /** Changes a sequence's text, which is then computed again. */
  restart(sequence: Sequence, change: () => void): void {
    this.#scheduler.restart(sequence, change);
    this.wakeUp();
  }

  /** Something has changed that may let a sequence go on. */
  wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  get kept(): Pick<Scheduler, 'holdKept' | 'keptOf' | 'adopt' | 'onEvict' | 'giveEvicted'> {
    return this.#scheduler;
  }

  /** What a token of a prompt takes, in milliseconds, as far as that is known. */
  get msPerRow(): number {
    return this.#costs.msPerRow;
  }

  /** Forgets what ended sequences of one origin left in the cache, or all of it. */
  forget(origin: string | undefined): void {
    this.#scheduler.forget(origin);
  }

  #start(): void {
    this.wakeUp();
    this.#loop ??= this.#runSteps()
      .catch((error: unknown) => this.#options.onFailure(error))
      .finally(() => {
        this.#loop = undefined;
        // A sequence may have come between the last look and here
        if (this.#scheduler.sequences.size > 0) this.#start();
      });
  }

  async #runSteps(): Promise<void> {
    const inFlight: Promise<void>[] = [];
    let failure: unknown = this.#isBroken
      ? new HearthError('device-lost', 'Nothing took the place of the lost GPU.')
      : undefined;
    const leave = this.#options.governor.enter();
    try {
      while (this.#scheduler.sequences.size > 0 || inFlight.length > 0) {
        // A pipeline's steps do not wait for each other: each is at another stage
        const isPipeline = this.#step.ahead === 1;
        const mayGoAhead = inFlight.length === 0 || isPipeline || this.#aheadMs < MOST_AHEAD_MS;
        if (failure === undefined && inFlight.length < this.#step.depth && mayGoAhead) {
          await this.#options.governor.permit();
          const plan = this.#scheduler.next(this.#budget());
          if (plan) {
            inFlight.push(this.#submit(plan).catch((error: unknown) => void (failure ??= error)));
            await this.#step.submitted;
            continue;
          }
        }
        if (inFlight.length > 0) await inFlight.shift();
        else if (failure !== undefined) {
          await this.#recover(failure);
          failure = undefined;
        } else await this.#idle();
      }
    } finally {
      leave();
    }
  }

  async #submit(plan: StepPlan): Promise<void> {
    for (const { sequence } of [...plan.decodes, ...plan.prefills]) this.#options.onScheduled(sequence);

    const { governor } = this.#options;
    const decodes = plan.decodes.length;
    const others = plan.decodes.filter(({ sequence }) => sequence.lane !== 'interactive').length;
    const rows = {
      decodes,
      others,
      guesses: rowsOf(plan.decodes) - decodes,
      prompts: rowsOf(plan.prefills),
    };
    const isRead = others < decodes;
    if (isRead) this.#costs.count(others + rows.prompts === 0);
    const expectedMs = this.#costs.expected(rows);
    governor.pay(expectedMs);
    this.#aheadMs += expectedMs;
    let busyMs = 0;
    try {
      const result = await this.#step.run(plan);
      busyMs = result.busyMs;
      this.#costs.note(rows, busyMs);
      this.#read(plan, result);
    } finally {
      this.#aheadMs -= expectedMs;
      governor.pay(busyMs - expectedMs);
      governor.lanes.add(plan, busyMs);
    }
  }

  #read(plan: StepPlan, result: Result): void {
    const chunks = [...plan.decodes, ...plan.prefills];
    let index = 0;
    let aside = chunks.reduce((sum, chunk) => sum + outputsOf(chunk), 0);
    for (const chunk of chunks) {
      const own = chunk.isMasked ? aside++ : undefined;
      for (let output = 0; output < outputsOf(chunk); output++, index++) {
        // A guess that was wrong ends the epoch, and what was computed with it counts no more
        if (!isCurrent(chunk)) continue;
        this.#options.onOutput(chunk.sequence, result, index, own);
        this.#scheduler.grown(chunk.sequence);
      }
    }
  }

  /** Rows that fit the time a step may take; all that the plan has room for if nobody waits beside it. */
  #budget(): number {
    const { governor, plan } = this.#options;
    const running = [...this.#scheduler.sequences];
    const isShared =
      governor.isShared || running.some(isDecoding) || new Set(running.map(({ origin }) => origin)).size > 1;
    const rows = this.#costs.rowsWithin(isShared ? SHARED_STEP_MS : LONE_STEP_MS);
    return Math.min(plan.maxRows, Math.max(MIN_ROWS, rows, running.length));
  }

  /** Sequences keep their tokens: whatever computes next takes them up where they are. */
  async #recover(cause: unknown): Promise<void> {
    let failure = cause;
    while (canRecover(failure)) {
      this.#scheduler.rewindAll();
      try {
        this.#isBroken = true;
        this.#step = await this.#options.recover(failure);
        this.#isBroken = false;
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
}

function canRecover(error: unknown): boolean {
  return error instanceof Overflow || (error instanceof HearthError && error.code === 'device-lost');
}

/** Results of a step count only for a sequence that still runs in the same epoch. */
function isCurrent({ sequence, epoch }: Chunk): boolean {
  return !sequence.isDone && sequence.epoch === epoch;
}
