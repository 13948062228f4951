import { narrow, widen } from '../../../kernels/hidden/hidden.ts';
import type { ByteSource } from '../../../models/gguf/header-bytes.ts';
import { HearthError } from '../../protocol/errors.ts';
import type {
  HiddenType,
  Stage,
  StageInput,
  StageOrder,
  StageOutput,
  StageRow,
} from '../../protocol/stage.ts';
import { Buffers } from '../forward/buffers.ts';
import { type Dispatch, sized, type StepLoad } from '../gpu/dispatch.ts';
import { buildForward } from '../forward/forward.ts';
import type { BufferSlice, Gpu } from '../gpu/gpu.ts';
import { layOutWeights, type WeightsLayout } from '../weights/layout.ts';
import { allocate, loadWeights, type Weights } from '../weights/load.ts';
import type { ModelFile } from '../model-file.ts';
import { workOf } from '../gpu/pace.ts';
import type { Plan } from '../plan/plan.ts';
import { RESULT_BYTES } from '../plan/step-bytes.ts';
import { Readback } from '../gpu/readback.ts';
import { Sampling } from '../step/sampling.ts';
import { StepBuffer } from '../forward/step-buffer.ts';
import { uploadBytes } from '../weights/upload.ts';
import { chooseVariants } from '../device/variants.ts';
import { type ModelPart, partOfModel } from './part-of-model.ts';
import { DEPTH, MOST_PARTS, planStage } from './stage-sizes.ts';
import { Turnstile } from './turnstile.ts';

const BYTES: Record<HiddenType, number> = { f16: 2, f32: 4 };

/** What a stage will take, before a byte is allocated. */
export interface StagePlan {
  order: StageOrder;
  /** Ids below this are tokens of the model. */
  vocab: number;
  part: ModelPart;
  layout: WeightsLayout;
  plan: Plan;
}

/** Fails with `bad-input` if the model has no such stage. */
export function planStageOn(gpu: Gpu, file: ModelFile, order: StageOrder): StagePlan {
  const part = partOfModel(file, order.span);
  const layout = layOutWeights(part.tensors, gpu.device.limits.maxStorageBufferBindingSize);
  return {
    order,
    vocab: file.config.vocab,
    part,
    layout,
    plan: planStage(file.config, part, order, layout.bytes + uploadBytes(gpu, layout)),
  };
}

/** Some layers of a model on this machine's GPU, with memory of their own. */
export class GpuStage implements Stage {
  readonly #turnstile = new Turnstile(DEPTH);
  readonly #staged: Uint8Array<ArrayBuffer>;

  /** Reads of the source what the stage's layers need, and nothing else. */
  static async load(
    gpu: Gpu,
    source: ByteSource,
    planned: StagePlan,
    onProgress?: (doneBytes: number) => void,
  ): Promise<GpuStage> {
    const { order, part, layout, plan } = planned;
    const weights = await loadWeights(gpu, source, layout, onProgress && { onProgress });
    const made: { destroy(): void }[] = [weights];
    try {
      const buffers = await Buffers.create(gpu, part.config, plan, weights.ropeFactors);
      made.push(buffers);
      const stepBuffer = new StepBuffer(gpu, plan, plan.maxRows);
      made.push(stepBuffer.buffer);
      const wire = await allocate(gpu, 'hidden', plan.maxRows * order.dim * BYTES[order.hidden]);
      made.push(wire);
      const stage = await GpuStage.#create(gpu, planned, weights, buffers, stepBuffer, wire, made);
      await stage.#warmUp();
      return stage;
    } catch (error) {
      for (const each of made) each.destroy();
      throw error;
    }
  }

  static async #create(
    gpu: Gpu,
    { order, vocab, part, plan }: StagePlan,
    weights: Weights,
    buffers: Buffers,
    stepBuffer: StepBuffer,
    wire: GPUBuffer,
    made: { destroy(): void }[],
  ): Promise<GpuStage> {
    const { config } = part;
    const { span, hidden, dim } = order;
    const variants = chooseVariants(gpu);
    const sampling = span.samples
      ? await Sampling.create({ gpu, vocab: config.vocab, plan, buffers, stepBuffer, variants })
      : undefined;
    if (sampling) made.push(sampling);
    const x = buffers.activations.x;
    const convert = (kernel: typeof widen, slices: BufferSlice[]) =>
      hidden === 'f16' ? conversion(gpu, kernel, dim, [...slices, stepBuffer.rowCount]) : [];
    const dispatches = await Promise.all([
      span.embeds ? [] : convert(widen, [{ buffer: wire }, x]),
      // No token of a row is one that only the GPU knows
      buildForward({
        gpu,
        config,
        plan,
        weights,
        buffers,
        stepBuffer,
        sampled: stepBuffer.rows,
        variants,
        ends: span,
      }),
      sampling ? sampling.dispatches : convert(narrow, [x, { buffer: wire }]),
    ]);
    const ends = hidden === 'f16' ? wire : x.buffer;
    return new GpuStage(
      gpu,
      order,
      plan,
      vocab,
      buffers,
      stepBuffer,
      sampling,
      dispatches.flat(),
      ends,
      made,
    );
  }

  readonly #readback: Readback;

  private constructor(
    private readonly gpu: Gpu,
    private readonly order: StageOrder,
    private readonly plan: Plan,
    private readonly vocab: number,
    private readonly buffers: Buffers,
    private readonly stepBuffer: StepBuffer,
    private readonly sampling: Sampling | undefined,
    private readonly dispatches: readonly Dispatch[],
    /** Where hidden states come in and go out, in the chain's type. */
    private readonly ends: GPUBuffer,
    private readonly made: { destroy(): void }[],
  ) {
    const { slots, maxRows } = plan;
    this.#staged = new Uint8Array(Math.ceil((maxRows * this.#rowBytes) / 4) * 4);
    this.#readback = sampling
      ? new Readback(gpu, DEPTH * MOST_PARTS, slots * RESULT_BYTES)
      : new Readback(gpu, DEPTH, maxRows * this.#rowBytes);
    made.push(this.#readback);
  }

  get bytes(): number {
    return this.plan.totalBytes;
  }

  /** Drivers finish compiling in the first steps, which would look as if this machine were slow. */
  async #warmUp(): Promise<void> {
    const row = { token: 0, slot: 0, isOutput: false };
    for (const count of [1, Math.min(this.plan.maxRows, this.plan.contextLength)]) {
      const rows = Array.from({ length: count }, (_, position) => ({
        ...row,
        position,
        isOutput: position === count - 1,
      }));
      const hidden = this.order.span.embeds ? undefined : new Uint8Array(count * this.#rowBytes);
      await this.run({ lane: 'guest', pages: [], samplers: [], rows, hidden });
    }
    this.forget();
  }

  async run(input: StageInput): Promise<StageOutput> {
    const leave = await this.#turnstile.enter();
    try {
      return await this.#run(input);
    } finally {
      leave();
    }
  }

  /** All that must be in order happens before the first `await`. */
  async #run({ pages, samplers, rows, hidden }: StageInput): Promise<StageOutput> {
    // What is given to a destroyed buffer fails everybody on the device
    if (this.made.length === 0) throw new HearthError('device-lost', 'This stage has been given up.');
    const { span } = this.order;
    if (span.embeds) this.#mustBeTokens(rows);
    const parts = this.#parts(rows);
    for (const { slot, index, page, group } of pages) this.buffers.setPage(slot, index, page, group);
    for (const sampler of samplers) this.sampling?.set(sampler);
    const submitted = parts.map(({ first, end }) =>
      this.#submit(rows.slice(first, end), hidden?.subarray(first * this.#rowBytes, end * this.#rowBytes)),
    );
    const results = await Promise.all(submitted);
    this.gpu.check();
    const busyMs = results.reduce((sum, { busyMs }) => sum + busyMs, 0);
    if (this.sampling) {
      const ids = results.flatMap(({ load, results }) => [...this.sampling!.idsOf(results, load.outputs)]);
      return { kind: 'ids', ids: Uint32Array.from(ids), busyMs };
    }
    const given = new Uint8Array(results[0]!.results);
    if (this.order.hidden === 'f16') mustFit(given);
    return { kind: 'hidden', hidden: given, busyMs };
  }

  /** Runs of rows that have no more outputs than the head has room for. */
  #parts(rows: readonly StageRow[]): { first: number; end: number }[] {
    const parts = [{ first: 0, end: rows.length }];
    if (!this.sampling) return parts;
    let outputs = 0;
    for (const [i, { isOutput }] of rows.entries()) {
      if (!isOutput || ++outputs <= this.plan.slots) continue;
      parts.at(-1)!.end = i;
      parts.push({ first: i, end: rows.length });
      outputs = 1;
    }
    if (parts.length > MOST_PARTS)
      throw new HearthError(
        'bad-input',
        `A step asks for the tokens after more than ${MOST_PARTS} rows of each sequence.`,
      );
    return parts;
  }

  async #submit(
    rows: readonly StageRow[],
    hidden: Uint8Array<ArrayBuffer> | undefined,
  ): Promise<{ results: ArrayBuffer; busyMs: number; load: StepLoad }> {
    const { gpu, sampling, order } = this;
    const asked = sampling ? rows : rows.map((row) => ({ ...row, isOutput: false }));
    const load = this.stepBuffer.writeRows(asked);
    if (!order.span.embeds) {
      this.#staged.set(hidden!);
      gpu.device.queue.writeBuffer(this.ends, 0, this.#staged, 0, Math.ceil(hidden!.length / 4) * 4);
    }
    const from = sampling?.results ?? this.ends;
    const bytes = sampling ? sampling.resultBytes(load) : rows.length * this.#rowBytes;
    const work = workOf(sized(this.dispatches, load), load);
    const given = await this.#readback.submit(gpu.pace.parts(work), from, bytes);
    gpu.pace.note(work, given.busyMs);
    return { load, ...given };
  }

  forget(): void {
    if (this.made.length === 0) return;
    const encoder = this.gpu.device.createCommandEncoder();
    const { caches, inputs } = this.buffers;
    for (const cache of caches)
      if (cache) for (const { buffer } of [cache.k, cache.v]) encoder.clearBuffer(buffer);
    for (const cache of inputs) if (cache) encoder.clearBuffer(cache.inputs.buffer);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  destroy(): void {
    for (const each of this.made.splice(0)) each.destroy();
  }

  get #rowBytes(): number {
    return this.order.dim * BYTES[this.order.hidden];
  }

  #mustBeTokens(rows: readonly StageRow[]): void {
    const wrong = rows.find(({ token }) => token >= this.vocab);
    if (wrong)
      throw new HearthError(
        'bad-input',
        `Token id ${wrong.token} is outside the model's vocabulary of ${this.vocab}.`,
      );
  }
}

async function conversion(
  gpu: Gpu,
  kernel: typeof widen,
  dim: number,
  slices: BufferSlice[],
): Promise<Dispatch[]> {
  const { pipeline, ...layout } = await gpu.pipeline(kernel, { rows: 1, dim });
  return [
    {
      name: kernel.name,
      pipeline,
      bindGroup: gpu.bind({ pipeline, ...layout }, slices),
      workgroups: ({ rows }) => kernel.workgroups({ rows, dim }),
    },
  ];
}

/** What f16 cannot hold would come out of the next layers as nonsense. */
function mustFit(hidden: Uint8Array<ArrayBuffer>): void {
  const isTooLarge = new Uint16Array(hidden.buffer, hidden.byteOffset, hidden.length / 2).some(
    (half) => (half & 0x7c00) === 0x7c00,
  );
  if (isTooLarge)
    throw new HearthError(
      'unsupported-model',
      'What this model computes between its layers is too large for f16, in which it travels. Choose another model for the room.',
    );
}
