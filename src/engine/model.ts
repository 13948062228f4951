import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { HearthError } from '../protocol/errors.ts';
import type { GeneratePart } from '../protocol/generate.ts';
import type { MeasuredStep } from '../protocol/performance.ts';
import { Adapters, type PreparedAdapter } from './adapters/adapters.ts';
import type { Answer, RunOutput, RunRequest } from './answer/answer.ts';
import type { Clock } from './clock.ts';
import { makeFitting } from './plan/fitting.ts';
import type { Governor } from './schedule/governor.ts';
import type { Gpu } from './gpu/gpu.ts';
import { layOutWeights, matrixBytes, type WeightsLayout } from './weights/layout.ts';
import { withWeights } from './weights/load.ts';
import { uploadBytes } from './weights/upload.ts';
import type { ModelFile } from './model-file.ts';
import { type Plan, type PlanRequest, type PlanSizes, planMemory } from './plan/plan.ts';
import { type PreparedStep, profile, type StepTimes } from './gpu/profile.ts';
import { Runner } from './answer/runner.ts';
import { Constrainer, type Held } from './constrain/constrainer.ts';
import type { Matcher } from './constrain/hold.ts';
import type { AdapterUse } from './schedule/sequence.ts';
import type { SavedTexts } from './cache/saved-texts.ts';
import { steadily } from './gpu/steady.ts';
import { Step } from './step/step.ts';
import { type OpenWasm, Overflow, type Stepper } from './schedule/stepper.ts';
import { TextSaver } from './answer/text-saver.ts';
import { type LoadedModel, mustMake, OVERFLOWS } from './loaded-model.ts';

export interface ModelOptions {
  /** Opens the device, or opens it again after a loss. Fails with `no-device` once there is none to be had. */
  device: { open(): Promise<Gpu> };
  /** Computes from then on. Without it a model needs a GPU. */
  openWasm?: OpenWasm | undefined;
  file: ModelFile;
  source: ByteSource;
  clock: Clock;
  governor: Governor;
  sizes: PlanSizes;
  /** Where its texts outlive their time in its cache. Without it they do not. */
  savedTexts?: SavedTexts | undefined;
  signal?: AbortSignal;
  onProgress?(doneBytes: number): void;
}

/** A model that writes text, on the GPU, or on WebAssembly where there is none. */
export class Model implements LoadedModel {
  readonly file: ModelFile;
  readonly plan: Plan;
  readonly layout: WeightsLayout;
  readonly #options: ModelOptions;
  readonly #runner: Runner;
  readonly #adapters: Adapters;
  readonly #saver: TextSaver | undefined;
  readonly #constrainer: Constrainer;
  #step: Stepper;
  /** What it has to be computed in; as the device has it if absent. */
  #arithmetic: 'f32' | undefined;

  /** Plans first: fails with `out-of-memory`, before anything is allocated, if the sizes do not allow it. */
  static async load(options: ModelOptions): Promise<Model> {
    const { file, sizes } = options;
    mustMake(file, 'text');
    const startedAt = options.clock.now();
    const requestFor = (gpu: Gpu | undefined, weightsBytes: number): PlanRequest => ({
      ...sizes,
      maxRows: sizes.maxRows ?? (gpu && !gpu.isSoftware ? 512 : 32),
      config: file.config,
      weightsBytes,
    });
    const onGpu = async (gpu: Gpu) => {
      const layout = layOutWeights(file.tensors, gpu.device.limits.maxStorageBufferBindingSize);
      const request = requestFor(gpu, layout.bytes + uploadBytes(gpu, layout));
      // Before anything is allocated
      planMemory(request);
      const { plan, made } = await withWeights(
        gpu,
        layout,
        options,
        (weights) => makeFitting(request, (plan) => Step.create(gpu, file.config, plan, weights)),
        ({ made }) => made.destroy(),
      );
      return { layout, plan, step: made };
    };
    const onWasm = async (openWasm: OpenWasm) => {
      const layout = layOutWeights(file.tensors, Number.MAX_SAFE_INTEGER);
      const plan = planMemory(requestFor(undefined, layout.bytes));
      return { layout, plan, step: await openWasm(file, options.source, plan) };
    };
    const { layout, plan, step } = await onWhatThereIs<LaidOut>(options, onGpu, onWasm);
    return new Model(options, layout, plan, step, options.clock.now() - startedAt);
  }

  private constructor(
    options: ModelOptions,
    layout: WeightsLayout,
    plan: Plan,
    step: Stepper,
    /** Uploading and compiling, in milliseconds. */
    readonly loadMs: number,
  ) {
    this.#options = options;
    this.file = options.file;
    this.layout = layout;
    this.plan = plan;
    this.#step = step;
    this.#adapters = new Adapters(options.file, plan);
    const { tokenizer, config } = options.file;
    this.#constrainer = new Constrainer(tokenizer, config.vocab);
    this.#runner = new Runner({
      plan,
      step,
      clock: options.clock,
      governor: options.governor,
      endIds: tokenizer.endIds,
      newDecoder: () => tokenizer.decoder(),
      recover: (cause) => this.#recover(cause),
    });
    if (options.savedTexts)
      this.#saver = new TextSaver({
        store: options.savedTexts,
        source: options.source,
        plan,
        runner: this.#runner,
        clock: options.clock,
        step: () => (this.#step instanceof Step ? this.#step : undefined),
      });
  }

  get gpu(): Gpu {
    return this.#gpuStep.gpu;
  }

  /**
   * Bytes of weights that one decoded token reads: not those of experts that are not its own, nor the embedding's
   * table, unless that is the head too.
   */
  get bytesPerToken(): number {
    const { embedding, head, blocks, bytes } = this.layout;
    const table =
      head === embedding ? 0 : embedding!.parts.reduce((sum, { matrix }) => sum + matrixBytes(matrix), 0);
    const { experts } = this.file.config;
    const stacks = blocks.flatMap(({ feedForward: ffn }) => ('router' in ffn ? [ffn.gateUp, ffn.down] : []));
    const idleShare = experts ? 1 - experts.used / experts.count : 0;
    return bytes - table - idleShare * stacks.reduce((sum, stack) => sum + stack.bytes, 0);
  }

  get contextLength(): number {
    return this.plan.contextLength;
  }

  get memory() {
    const { weightsBytes, kvBytes, activationsBytes } = this.plan;
    return { weightsBytes: weightsBytes + this.#adapters.bytes, kvBytes, activationsBytes };
  }

  get notice(): string | undefined {
    return this.#arithmetic && OVERFLOWS;
  }

  get running(): Iterable<Answer> {
    return this.answers;
  }

  get answers(): Iterable<Answer> {
    return this.#runner.answers;
  }

  /** What was chosen for this adapter, by name. */
  get variants(): Record<string, string> {
    return this.#gpuStep.variants;
  }

  async run(
    request: RunRequest,
    send: (part: GeneratePart) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RunOutput> {
    const adapters = this.#adapters.resolve(request.adapters);
    const saver = request.isPrivate || adapters.length > 0 ? undefined : this.#saver;
    const prepare = saver && (() => saver.restore(request.origin, request.ids).catch(() => {}));
    const matcher = request.held && (await this.#matcher(request.held));
    try {
      return await this.#runner.run({ ...request, adapters, matcher, prepare }, send, signal);
    } finally {
      matcher?.dispose();
    }
  }

  /** What it would say, for another model's answer: greedy or drawn, on past any end, and never saved. */
  draft(
    request: Pick<RunRequest, 'ids' | 'maxTokens' | 'sampling' | 'origin' | 'lane' | 'isPrivate'>,
    send: (part: GeneratePart) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RunOutput> {
    const adapters = this.#adapters.resolve(undefined);
    return this.#runner.run({ ...request, adapters, stop: [], ignoreEnd: true }, send, signal);
  }

  /** Saves the texts in its cache that are not saved. What cannot be saved is computed again some day. */
  async saveTexts(): Promise<void> {
    await this.#saver?.save().catch(() => {});
  }

  #matcher(held: Held): Promise<Matcher> {
    if (this.#step instanceof Step) return this.#constrainer.matcher(held);
    throw new HearthError(
      'not-supported',
      'Without a GPU, answers cannot be held to a schema, a pattern, a grammar or a tool. Ask again without.',
    );
  }

  /** Ids of the adapters that are loaded. */
  get adapters(): readonly string[] {
    return this.#adapters.ids;
  }

  /** Reads an adapter's file and says what it will take. Fails with a sentence of what does not fit the model. */
  prepareAdapter(source: ByteSource): Promise<PreparedAdapter> {
    return this.#adapters.prepare(source);
  }

  /**
   * Loads an adapter, in the place of the one with its id: answers may name it from then on, and those that name no
   * adapters get `standing` of it. The source is kept open.
   */
  async putAdapter(id: string, prepared: PreparedAdapter, standing = 0): Promise<void> {
    this.#mustBeUnused(id);
    await this.#adapters.put(this.#gpuStep, id, prepared, standing);
  }

  async removeAdapter(id: string): Promise<void> {
    this.#mustBeUnused(id);
    await this.#adapters.remove(this.#gpuStep, id);
  }

  forgetTexts(): void {
    this.#saver?.forget(undefined);
    this.#runner.forget();
  }

  stop(origin: string | undefined): number {
    this.#saver?.forget(origin);
    return this.#runner.stop(origin);
  }

  /** Logits after each of `ids`, or only after the last; (vocab) each. On a GPU, while no answer is being made. */
  async logits(
    ids: readonly number[],
    all: boolean,
    adapters?: readonly AdapterUse[],
  ): Promise<Float32Array[]> {
    if (!this.#runner.isIdle)
      throw new HearthError('busy', 'Logits can be asked for only while no answer is being made.');
    // They are computed in the cache's first pages
    this.#runner.forget();
    return this.#gpuStep.logits(ids, all, this.#adapters.resolve(adapters));
  }

  /** Logits after each token of texts that are read as answers are made, a token of each at a time. While none is being made. */
  async decodedLogits(texts: readonly (readonly number[])[]): Promise<Float32Array[][]> {
    if (!this.#runner.isIdle)
      throw new HearthError('busy', 'Logits can be asked for only while no answer is being made.');
    this.#runner.forget();
    return this.#gpuStep.decodedLogits(texts);
  }

  /** What each kernel takes when a token is decoded behind `depth` others, or `prompt` tokens of a prompt. On a GPU, while no answer is being made. */
  async profile(depth: number, prompt = 0): Promise<StepTimes> {
    const step: MeasuredStep =
      prompt > 0 ? { kind: 'prompt', depth, rows: prompt } : { kind: 'answer', depth };
    const prepare = () => this.prepare(step);
    return profile({ gpu: this.gpu, prepare, alone: (run) => run() });
  }

  /** Makes a step ready that is to be measured. On a GPU, while no answer is being made; what ended ones left is forgotten. */
  prepare(step: MeasuredStep): PreparedStep {
    if (!this.#runner.isIdle)
      throw new HearthError('busy', 'Kernels can be timed only while no answer is being made.');
    // It computes in the cache's first pages
    this.#runner.forget();
    return this.#gpuStep.prepare(step);
  }

  async dispose(): Promise<void> {
    this.#step.destroy();
    await this.#adapters.destroy();
    await this.#constrainer.dispose();
    await this.#options.source.close?.();
  }

  get #gpuStep(): Step {
    if (this.#step instanceof Step) return this.#step;
    throw new HearthError('no-device', 'This model runs on WebAssembly, which gives tokens and no more.');
  }

  async #recover(cause: unknown): Promise<Stepper> {
    if (cause instanceof Overflow) this.#arithmetic = 'f32';
    this.#step.destroy();
    this.#step = await onWhatThereIs<Stepper>(
      this.#options,
      async (gpu) => {
        const { file } = this.#options;
        const step = await withWeights(
          gpu,
          this.layout,
          this.#options,
          (weights) => Step.create(gpu, file.config, this.plan, weights, this.#arithmetic),
          (step) => step.destroy(),
        );
        await this.#adapters.reload(step).catch((error: unknown) => {
          step.destroy();
          throw error;
        });
        return step;
      },
      (openWasm) => openWasm(this.file, this.#options.source, this.plan),
    );
    if (this.#step instanceof Step) return this.#step;
    if (this.#adapters.ids.length > 0) {
      await this.#adapters.destroy();
      if ([...this.#runner.answers].some(({ sequence }) => sequence.adapters?.length))
        throw new HearthError('no-device', 'The GPU is gone, and adapters need one. Ask again without them.');
    }
    if ([...this.#runner.answers].some(({ sequence }) => sequence.hold))
      throw new HearthError(
        'no-device',
        'The GPU is gone, and holding answers to a schema, a pattern, a grammar or a tool needs one. Ask again without.',
      );
    return this.#step;
  }

  #mustBeUnused(id: string): void {
    if ([...this.#runner.answers].some(({ sequence }) => this.#adapters.isAmong(sequence.adapters ?? [], id)))
      throw new HearthError(
        'busy',
        `The adapter ${JSON.stringify(id)} is being used. Wait until its answers have ended, or stop them.`,
      );
  }
}

interface LaidOut {
  layout: WeightsLayout;
  plan: Plan;
  step: Stepper;
}

/** On the GPU, through its losses; on WebAssembly where there is no GPU to be had. */
async function onWhatThereIs<T>(
  { device, openWasm }: ModelOptions,
  onGpu: (gpu: Gpu) => Promise<T>,
  onWasm: (openWasm: OpenWasm) => Promise<T>,
): Promise<T> {
  try {
    return await steadily(device, onGpu);
  } catch (error) {
    const isGone = error instanceof HearthError && error.code === 'no-device';
    if (!isGone || !openWasm) throw error;
    return onWasm(openWasm);
  }
}
