import type { Arithmetic } from '../../../kernels/quants/weights.ts';
import type { ModelConfig } from '../../../models/architectures/index.ts';
import type { MeasuredStep } from '../../protocol/performance.ts';
import type { LoadedAdapter } from '../adapters/loaded-adapter.ts';
import { allOrNothing } from '../gpu/all-or-nothing.ts';
import { Buffers } from '../forward/buffers.ts';
import { type Dispatch, encode, sized, type StepLoad } from '../gpu/dispatch.ts';
import { buildForward } from '../forward/forward.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Weights } from '../weights/load.ts';
import { type Work, workOf } from '../gpu/pace.ts';
import { PageBytes } from './page-bytes.ts';
import type { Plan } from '../plan/plan.ts';
import type { PreparedStep } from '../gpu/profile.ts';
import { type LastPass, Readback } from '../gpu/readback.ts';
import { Sampling } from './sampling.ts';
import type { StepPlan } from '../schedule/schedule.ts';
import { type AdapterUse, type Sequence, soloSequence } from '../schedule/sequence.ts';
import { StepBuffer } from '../forward/step-buffer.ts';
import { STEP_DEPTH } from '../plan/step-bytes.ts';
import { Overflow, type Stepper, type StepResult } from '../schedule/stepper.ts';
import { chooseVariants, mayOverflow, type Variants } from '../device/variants.ts';

/** Dispatches are sized anew when the longest context has grown by so many positions: a divisor of attention's chunks. */
const SIZED_POSITIONS = 64;
interface Parts {
  gpu: Gpu;
  plan: Plan;
  buffers: Buffers;
  stepBuffer: StepBuffer;
  sampling: Sampling;
  readback: Readback;
  variants: Variants;
}

/**
 * The forward pass of a model for up to `plan.maxRows` rows of any sequences, on buffers and bind groups made
 * once. `forward/` is the model itself.
 */
export class Step implements Stepper {
  readonly depth = STEP_DEPTH;
  readonly ahead = STEP_DEPTH;
  readonly keepsPages = true;
  readonly takesGuesses = true;
  readonly gpu: Gpu;
  readonly #plan: Plan;
  readonly #config: ModelConfig;
  readonly #buffers: Buffers;
  readonly #stepBuffer: StepBuffer;
  readonly #sampling: Sampling;
  readonly #readback: Readback;
  #forward: Dispatch[];
  #adapters: ReadonlyMap<string, LoadedAdapter> = new Map();
  readonly #weights: Weights;
  readonly #variants: Variants;
  submitted: Promise<void> | undefined;
  #last: { size: string; work: Work } | undefined;

  /**
   * In f16 where the device has it, unless `arithmetic` says f32. Fails with `out-of-memory` if the device has no room for
   * the plan; nothing but the weights is left then.
   */
  static create(
    gpu: Gpu,
    config: ModelConfig,
    plan: Plan,
    weights: Weights,
    arithmetic?: Arithmetic,
  ): Promise<Step> {
    return allOrNothing(async (own) => {
      const buffers = own(await Buffers.create(gpu, config, plan, weights.ropeFactors));
      const stepBuffer = new StepBuffer(gpu, plan);
      own(stepBuffer.buffer);
      const variants = chooseVariants(gpu, arithmetic);
      const parts = { gpu, plan, buffers, stepBuffer, variants };
      const sampling = own(await Sampling.create({ ...parts, vocab: config.vocab }));
      const readback = own(new Readback(gpu, STEP_DEPTH, sampling.results.size));
      await gpu.mustHave([stepBuffer.buffer, ...sampling.buffers, ...readback.buffers]);
      const build = () => buildForward({ ...parts, config, weights, sampled: sampling.sampled });
      const forward = await build();
      return new Step(config, weights, { ...parts, sampling, readback }, forward, build);
    });
  }

  private constructor(
    config: ModelConfig,
    weights: Weights,
    { gpu, plan, buffers, stepBuffer, sampling, readback, variants }: Parts,
    forward: Dispatch[],
    private readonly build: () => Promise<Dispatch[]>,
  ) {
    this.gpu = gpu;
    this.#config = config;
    this.#plan = plan;
    this.#weights = weights;
    this.#buffers = buffers;
    this.#stepBuffer = stepBuffer;
    this.#sampling = sampling;
    this.#forward = forward;
    this.#variants = variants;
    this.#readback = readback;
  }

  /** What was chosen for this adapter, by name. */
  get variants(): Record<string, string> {
    const { attention, team, arithmetic, dp4a, matrices } = this.#variants;
    const integers = dp4a ? (matrices ? 'dp4a, matrices of f16' : 'dp4a') : 'none';
    return { arithmetic, integers, team, attention, kv: this.#plan.kv };
  }

  /** What pages hold, where whole texts are kept. */
  get pageBytes(): PageBytes | undefined {
    return PageBytes.of(this.gpu, this.#plan, this.#buffers);
  }

  setPage(slot: number, index: number, page: number, group: number): void {
    this.#buffers.setPage(slot, index, page, group);
  }

  setSampler(sequence: Sequence): void {
    this.#sampling.set(sequence);
    this.#setScales(sequence);
  }

  /** Computes with these from the next step on; rows whose sequences name none of them stay as they are. */
  async setAdapters(adapters: ReadonlyMap<string, LoadedAdapter>): Promise<void> {
    const before = this.#adapters;
    try {
      this.#adapt(adapters);
      this.#forward = await this.build();
      this.#last = undefined;
    } catch (error) {
      this.#adapt(before);
      throw error;
    }
  }

  #adapt(adapters: ReadonlyMap<string, LoadedAdapter>): void {
    this.#adapters = adapters;
    for (const linear of this.#weights.linears)
      linear.lora = [...adapters.values()].flatMap((adapter) => adapter.lorasOf(linear));
  }

  #setScales({ slot, adapters = [] }: Sequence): void {
    for (const [id, adapter] of this.#adapters)
      adapter.setScale(slot!, adapters.find((use) => use.id === id)?.scale ?? 0);
  }

  /** Submits a step; what it writes is there for the next one at once, and for us when this resolves. */
  async run(plan: StepPlan): Promise<StepResult> {
    const load = this.#stepBuffer.write(plan);
    const bytes = this.#sampling.resultBytes(load);
    const sample = (pass: GPUComputePassEncoder) => encode(pass, sized(this.#sampling.dispatches, load));
    const held = maskedSequences(plan);
    const work = this.#forwardWork(load);
    const forward = this.gpu.pace.parts(work);
    const { results, busyMs } = await this.#readback.submit(
      held.length > 0 ? forward : [...forward.slice(0, -1), both(forward.at(-1)!, sample)],
      this.#sampling.results,
      bytes,
      held.length > 0 ? this.#afterMasks(held, sample) : undefined,
    );
    this.gpu.check();
    this.gpu.pace.note(work, busyMs);
    const { samples } = load;
    const [ids, logprobs] = [
      this.#sampling.idsOf(results, samples),
      this.#sampling.logprobsOf(results, samples),
    ];
    if (mayOverflow(this.#variants) && logprobs.some(Number.isNaN)) throw new Overflow();
    return { ids, logprobs, likeliest: this.#sampling.likeliestOf(results, load), busyMs };
  }

  /** Sampling that waits for masks, which are found out while the GPU computes the logits. */
  #afterMasks(held: readonly Sequence[], encode: LastPass['encode']): LastPass {
    let submitted = () => {};
    this.submitted = new Promise((resolve) => {
      submitted = () => {
        this.submitted = undefined;
        resolve();
      };
    });
    const setMask = async ({ slot, hold }: Sequence) => {
      const mask = await hold!.mask();
      if (mask) this.#sampling.setMask(slot!, mask);
    };
    const ready = async () => void (await Promise.all(held.map(setMask)));
    return { ready, encode, submitted };
  }

  /** Logits after each of `ids`, or only after the last. Uses slot 0 and the first pages: for a model at rest. */
  async logits(
    ids: readonly number[],
    all: boolean,
    adapters: readonly AdapterUse[] = [],
  ): Promise<Float32Array[]> {
    const { slots, maxRows } = this.#plan;
    this.#setFirstPages(ids.length);

    const readback = this.#logitsReadback();
    const sequence = soloSequence(ids, adapters);
    this.#setScales(sequence);
    const rows: Float32Array[] = [];
    const chunkRows = all ? Math.min(slots, maxRows) : maxRows;
    for (let first = 0; first < ids.length; first += chunkRows) {
      const count = Math.min(chunkRows, ids.length - first);
      const chunk = {
        sequence,
        epoch: 0,
        firstPosition: first,
        rows: count,
        isOutput: first + count === ids.length,
      };
      const each = Array.from({ length: count }, (_, row) => ({
        ...chunk,
        firstPosition: first + row,
        rows: 1,
        isOutput: true,
      }));
      rows.push(...(await this.#logitsOf(readback, { decodes: [], prefills: all ? each : [chunk] })));
    }
    readback.destroy();
    return rows;
  }

  /**
   * Logits after each token of texts that are read as answers are made: side by side, a token of each in a step. At
   * most as many as the cache has contexts. For a model at rest.
   */
  async decodedLogits(texts: readonly (readonly number[])[]): Promise<Float32Array[][]> {
    const positions = Math.max(...texts.map(({ length }) => length));
    const sequences = texts.map((ids, slot) => ({ ...soloSequence(ids), slot }));
    for (const sequence of sequences) {
      this.#setScales(sequence);
      this.#setFirstPages(positions, sequence.slot, texts.length);
    }
    const readback = this.#logitsReadback();
    const rows: Float32Array[][] = texts.map(() => []);
    for (let position = 0; position < positions; position++) {
      const going = sequences.filter(({ tokens }) => position < tokens.length);
      const decodes = going.map((sequence) => ({
        sequence,
        epoch: 0,
        firstPosition: position,
        rows: 1,
        isOutput: true,
      }));
      const logits = await this.#logitsOf(readback, { decodes, prefills: [] });
      for (const [i, { slot }] of going.entries()) rows[slot]!.push(logits[i]!);
    }
    readback.destroy();
    return rows;
  }

  #logitsReadback(): Readback {
    return new Readback(this.gpu, 1, this.#plan.slots * this.#config.vocab * 4);
  }

  async #logitsOf(readback: Readback, plan: StepPlan): Promise<Float32Array[]> {
    const { vocab } = this.#config;
    const load = this.#stepBuffer.write(plan);
    const work = this.#forwardWork(load);
    const { results, busyMs } = await readback.submit(
      this.gpu.pace.parts(work),
      this.#buffers.activations.logits.buffer,
      load.outputs * vocab * 4,
    );
    this.gpu.check();
    this.gpu.pace.note(work, busyMs);
    const values = new Float32Array(results);
    return Array.from({ length: load.outputs }, (_, i) => values.slice(i * vocab, (i + 1) * vocab));
  }

  /** Pages of a slot, one of several that share the cache. Where a window needs fewer than the text, they are used in turn. */
  #setFirstPages(positions: number, slot = 0, slots = 1): void {
    for (const [group, { pageCount }] of this.#plan.groups.entries()) {
      const own = Math.floor(pageCount / slots);
      for (let index = 0; index < Math.ceil(positions / this.#plan.pageSize); index++)
        this.setPage(slot, index, slot * own + (index % own), group);
    }
  }

  /** Most steps are as large as the one before: what is dispatched is found out once. */
  #forwardWork(load: StepLoad): Work {
    const { rows, outputs, decodes, hasGuesses, tiles, depth } = load;
    const size = [rows, outputs, decodes, hasGuesses, tiles, Math.ceil(depth / SIZED_POSITIONS)].join();
    if (this.#last?.size !== size) this.#last = { size, work: workOf(sized(this.#forward, load), load) };
    return this.#last.work;
  }

  /** A step that may be run to measure it, as often as one likes: for a model at rest. */
  prepare(step: MeasuredStep): PreparedStep {
    const { contextLength, maxRows } = this.#plan;
    const isAnswer = step.kind === 'answer';
    const firstPosition = Math.min(step.depth ?? 0, contextLength - 1);
    const room = Math.min(maxRows, contextLength - firstPosition);
    const rows = isAnswer ? 1 : Math.min(step.rows ?? room, room);
    this.#setFirstPages(firstPosition + rows);
    const sequence = soloSequence(Array.from({ length: firstPosition + rows }, () => 0));
    const chunk = { sequence, epoch: 0, firstPosition, rows, isOutput: true };
    const load = this.#stepBuffer.write({
      decodes: isAnswer ? [chunk] : [],
      prefills: isAnswer ? [] : [chunk],
    });
    return { load, dispatches: sized([...this.#forward, ...this.#sampling.dispatches], load) };
  }

  destroy(): void {
    this.#readback.destroy();
    this.#buffers.destroy();
    this.#sampling.destroy();
    this.#stepBuffer.buffer.destroy();
    this.#weights.destroy();
  }
}

function maskedSequences({ decodes, prefills }: StepPlan): Sequence[] {
  return [...decodes, ...prefills].flatMap(({ sequence, isMasked }) => (isMasked ? [sequence] : []));
}

function both(first: LastPass['encode'], second: LastPass['encode']): LastPass['encode'] {
  return (pass) => {
    first(pass);
    second(pass);
  };
}
