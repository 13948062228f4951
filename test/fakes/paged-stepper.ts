// A stepper that has what makes a GPU's steps hard to get right: a cache in pages, which keep what was written to them; a
// token that it sampled and nobody has read; steps that run in order, and whose results come back late.
import type { Sequence } from '../../src/engine/schedule/sequence.ts';
import { type Chunk, rowsOf, type StepPlan } from '../../src/engine/schedule/schedule.ts';
import type { Stepper, StepResult } from '../../src/engine/schedule/stepper.ts';
import type { SamplingOptions } from '../../src/protocol/generate.ts';

export interface PagedStepperOptions {
  pageSize: number;
  /** What the model says after a text, as it lies in the cache; of the tokens of a mask, where there is one. */
  sample(text: readonly number[], sampling: SamplingOptions, mask?: Int32Array): number;
  depth?: number;
  takesGuesses?: boolean;
  /** What a step takes. */
  busyMs?(plan: StepPlan): number;
  /** Waits until the step's time has come; the results of steps come back in order. */
  arrive?(busyMs: number): Promise<void>;
}

type Placed = Chunk & { slot: number };

export class PagedStepper implements Stepper {
  readonly depth: number;
  readonly ahead: number;
  readonly keepsPages = true;
  readonly takesGuesses: boolean;
  /** Rows of each step so far. */
  readonly steps: { decodes: number; rows: number; masks: number }[] = [];
  submitted: Promise<void> | undefined;
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
    // Whose sequence may have left its slot by the time that a mask is there
    const chunks = [...plan.decodes, ...plan.prefills].map((chunk) => ({
      ...chunk,
      slot: chunk.sequence.slot!,
    }));
    const held = chunks.filter(({ isMasked }) => isMasked);
    this.steps.push({ decodes: plan.decodes.length, rows: rowsOf(chunks), masks: held.length });
    // A step's rows see each other's keys and values, whatever their order
    for (const chunk of chunks) this.#write(chunk);
    const masks = new Map<Placed, Int32Array | undefined>();
    if (held.length > 0) {
      let submitted = () => {};
      this.submitted = new Promise((resolve) => (submitted = resolve));
      for (const chunk of held) masks.set(chunk, await chunk.sequence.hold!.mask());
      this.submitted = undefined;
      submitted();
    }
    const chosen = chunks.flatMap((chunk) => this.#outputs(chunk, masks.get(chunk)));
    const asides = held.flatMap((chunk) => this.#outputs(chunk, undefined, true));
    const ms = busyMs(plan);
    await arrive(ms);
    return { ids: Uint32Array.from([...chosen, ...asides]), busyMs: ms };
  }

  /** The tokens that lie in pages, as bytes, and how they get there. */
  get pageBytes() {
    const { pageSize } = this.#options;
    return {
      pageBytes: pageSize,
      read: async (pages: readonly number[]) => {
        await turns();
        return Uint8Array.from(pages.flatMap((page) => this.#cache[page]!.slice(0, pageSize)));
      },
      write: (pages: readonly number[], bytes: Uint8Array) => {
        for (const [i, page] of pages.entries())
          this.#cache[page] = [...bytes.subarray(i * pageSize, (i + 1) * pageSize)];
      },
    };
  }

  destroy(): void {}

  #write({ slot, sequence: { tokens }, firstPosition, rows, guesses }: Placed): void {
    for (let row = 0; row < rows; row++) {
      const position = firstPosition + row;
      const { page, at } = this.#place(slot, position);
      (this.#cache[page] ??= [])[at] = guesses?.[row] ?? tokens[position] ?? this.#sampled[slot]!;
    }
  }

  #outputs(
    { slot, firstPosition, rows, isOutput, guesses }: Placed,
    mask?: Int32Array,
    isAside = false,
  ): number[] {
    if (!isOutput) return [];
    const first = guesses ? firstPosition : firstPosition + rows - 1;
    return Array.from({ length: firstPosition + rows - first }, (_, i) => {
      const text = Array.from({ length: first + i + 1 }, (_, position) => {
        const { page, at } = this.#place(slot, position);
        return this.#cache[page]![at]!;
      });
      const id = this.#options.sample(text, this.#samplers[slot]!, mask);
      // Which of several outputs writes last is anybody's guess
      if (!isAside) this.#sampled[slot] = guesses ? -1 : id;
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
