import { HearthError } from '../protocol/errors.ts';
import type { Governor } from './governor.ts';
import { PagePools } from './pages.ts';
import type { Plan } from './plan.ts';
import { type Chunk, outputsOf, rowsOf, Scheduler, type StepPlan } from './schedule.ts';
import { isDecoding, type Sequence } from './sequence.ts';
import { StepCosts } from './speculate/step-costs.ts';
import type { Stepper, Timed } from './stepper.ts';

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
   * Called when the device is lost under a step; resolves to what computes from then on. Fails with `device-lost`
   * if that was lost too, and with anything else for good.
   */
  recover(): Promise<Stepper<Result>>;
}

export interface StepLoopOptions<Result extends Timed> extends StepLoopParts<Result> {
  /** A sequence is in the next step. */
  onScheduled(sequence: Sequence): void;
  /** What a step gave for one of its outputs: the `index`-th. */
  onOutput(sequence: Sequence, result: Result, index: number): void;
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

  #read(plan: StepPlan, result: Result): void {
    let index = 0;
    for (const chunk of [...plan.decodes, ...plan.prefills]) {
      for (let output = 0; output < outputsOf(chunk); output++, index++) {
        // A guess that was wrong ends the epoch, and what was computed with it counts no more
        if (!isCurrent(chunk)) continue;
        this.#options.onOutput(chunk.sequence, result, index);
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
    const ms = (isShared ? SHARED_STEP_MS : LONE_STEP_MS) - this.#costs.decodeMs;
    const rows = Math.floor(ms / this.#costs.msPerRow);
    return Math.min(plan.maxRows, Math.max(MIN_ROWS, rows, running.length));
  }

  /** Sequences keep their tokens: whatever computes next takes them up where they are. */
  async #recover(cause: unknown): Promise<void> {
    let failure = cause;
    while (failure instanceof HearthError && failure.code === 'device-lost') {
      this.#scheduler.rewindAll();
      try {
        this.#isBroken = true;
        this.#step = await this.#options.recover();
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

/** Results of a step count only for a sequence that still runs in the same epoch. */
function isCurrent({ sequence, epoch }: Chunk): boolean {
  return !sequence.isDone && sequence.epoch === epoch;
}
