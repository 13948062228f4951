// A stepper that has what makes a GPU's steps hard to get right: a cache in pages, which keep what was written to them; a
// token that it sampled and nobody has read; steps that run in order, and whose results come back late.
import type { Sequence } from '../../src/engine/sequence.ts';
import { type Chunk, rowsOf, type StepPlan } from '../../src/engine/schedule.ts';
import type { Stepper, StepResult } from '../../src/engine/stepper.ts';
import type { SamplingOptions } from '../../src/protocol/generate.ts';

export interface PagedStepperOptions {
  pageSize: number;
  /** What the model says after a text, as it lies in the cache. */
  sample(text: readonly number[], sampling: SamplingOptions): number;
  depth?: number;
  takesGuesses?: boolean;
  /** What a step takes. */
  busyMs?(plan: StepPlan): number;
  /** Waits until the step's time has come; the results of steps come back in order. */
  arrive?(busyMs: number): Promise<void>;
}

export class PagedStepper implements Stepper {
  readonly depth: number;
  readonly ahead: number;
  readonly keepsPages = true;
  readonly takesGuesses: boolean;
  /** Rows of each step so far. */
  readonly steps: { decodes: number; rows: number }[] = [];
  readonly #options: PagedStepperOptions;
  readonly #tables: number[][] = [];
  readonly #cache: number[][] = [];
  readonly #samplers: SamplingOptions[] = [];
  readonly #sampled: number[] = [];

  constructor(options: PagedStepperOptions) {
    this.#options = options;
    this.depth = options.depth ?? 4;
    this.ahead = this.depth;
    this.takesGuesses = options.takesGuesses ?? true;
  }

  setPage(slot: number, index: number, page: number): void {
    (this.#tables[slot] ??= [])[index] = page;
  }

  setSampler({ slot, sampling }: Sequence): void {
    this.#samplers[slot!] = sampling;
  }

  async run(plan: StepPlan): Promise<StepResult> {
    const { busyMs = () => 1, arrive = turns } = this.#options;
    this.steps.push({ decodes: plan.decodes.length, rows: rowsOf([...plan.decodes, ...plan.prefills]) });
    const chunks = [...plan.decodes, ...plan.prefills];
    // A step's rows see each other's keys and values, whatever their order
    for (const chunk of chunks) this.#write(chunk);
    const ids = Uint32Array.from(chunks.flatMap((chunk) => this.#outputs(chunk)));
    const ms = busyMs(plan);
    await arrive(ms);
    return { ids, busyMs: ms };
  }

  destroy(): void {}

  #write({ sequence: { slot, tokens }, firstPosition, rows, guesses }: Chunk): void {
    for (let row = 0; row < rows; row++) {
      const position = firstPosition + row;
      const { page, at } = this.#place(slot!, position);
      (this.#cache[page] ??= [])[at] = guesses?.[row] ?? tokens[position] ?? this.#sampled[slot!]!;
    }
  }

  #outputs({ sequence: { slot }, firstPosition, rows, isOutput, guesses }: Chunk): number[] {
    if (!isOutput) return [];
    const first = guesses ? firstPosition : firstPosition + rows - 1;
    return Array.from({ length: firstPosition + rows - first }, (_, i) => {
      const text = Array.from({ length: first + i + 1 }, (_, position) => {
        const { page, at } = this.#place(slot!, position);
        return this.#cache[page]![at]!;
      });
      const id = this.#options.sample(text, this.#samplers[slot!]!);
      // Which of several outputs writes last is anybody's guess
      this.#sampled[slot!] = guesses ? -1 : id;
      return id;
    });
  }

  #place(slot: number, position: number) {
    const { pageSize } = this.#options;
    return { page: this.#tables[slot]![Math.floor(position / pageSize)]!, at: position % pageSize };
  }
}

/** Long enough for the next steps to be submitted. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
