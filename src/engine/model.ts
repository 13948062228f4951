import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { HearthError } from '../protocol/errors.ts';
import type { GenerateOutput, GeneratePart } from '../protocol/generate.ts';
import { Adapters, type PreparedAdapter } from './adapters/adapters.ts';
import type { Answer, RunRequest } from './answer.ts';
import type { Clock } from './clock.ts';
import type { Governor } from './governor.ts';
import type { Gpu } from './gpu.ts';
import { layOutWeights, matrixBytes, type WeightsLayout } from './layout.ts';
import { allocateWeights, fillWhile } from './load.ts';
import type { ModelFile } from './model-file.ts';
import { type Plan, type PlanSizes, planMemory } from './plan.ts';
import type { KernelTime } from './profile.ts';
import { Runner } from './runner.ts';
import type { AdapterUse } from './sequence.ts';
import { Step } from './step.ts';
import type { OpenWasm, Stepper } from './stepper.ts';
import { type LoadedModel, mustMake } from './loaded-model.ts';

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
  #step: Stepper;

  /** Plans first: fails with `out-of-memory`, before anything is allocated, if the sizes do not allow it. */
  static async load(options: ModelOptions): Promise<Model> {
    const { device, file, sizes } = options;
    mustMake(file, 'text');
    const gpu = options.openWasm ? await openOrUndefined(device) : await device.open();
    const bindingBytes = gpu?.device.limits.maxStorageBufferBindingSize ?? Number.MAX_SAFE_INTEGER;
    const layout = layOutWeights(file.tensors, bindingBytes);
    const maxRows = sizes.maxRows ?? (gpu && !gpu.isSoftware ? 512 : 32);
    const plan = planMemory({ ...sizes, maxRows, config: file.config, weightsBytes: layout.bytes });
    const startedAt = options.clock.now();
    const step = await openStepper(layout, plan, options);
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
    const { tokenizer } = options.file;
    this.#runner = new Runner({
      plan,
      step,
      clock: options.clock,
      governor: options.governor,
      endIds: tokenizer.endIds,
      newDecoder: () => tokenizer.decoder(),
      recover: () => this.#recover(),
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
      head === embedding ? 0 : embedding.parts.reduce((sum, { matrix }) => sum + matrixBytes(matrix), 0);
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
  ): Promise<Omit<GenerateOutput, 'model'>> {
    const adapters = this.#adapters.resolve(request.adapters);
    return this.#runner.run({ ...request, adapters }, send, signal);
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

  stop(origin: string | undefined): number {
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

  /** What each kernel takes when one token is decoded at position `depth`. On a GPU, while no answer is being made. */
  async profile(depth: number, prompt = 0): Promise<KernelTime[]> {
    if (!this.#runner.isIdle)
      throw new HearthError('busy', 'Kernels can be timed only while no answer is being made.');
    return this.#gpuStep.profile(depth, prompt);
  }

  async dispose(): Promise<void> {
    this.#step.destroy();
    await this.#adapters.destroy();
    await this.#options.source.close?.();
  }

  get #gpuStep(): Step {
    if (this.#step instanceof Step) return this.#step;
    throw new HearthError('no-device', 'This model runs on WebAssembly, which gives tokens and no more.');
  }

  async #recover(): Promise<Stepper> {
    this.#step.destroy();
    this.#step = await openStepper(this.layout, this.plan, this.#options);
    if (this.#step instanceof Step) await this.#adapters.reload(this.#step);
    else if (this.#adapters.ids.length > 0) {
      await this.#adapters.destroy();
      if ([...this.#runner.answers].some(({ sequence }) => sequence.adapters?.length))
        throw new HearthError('no-device', 'The GPU is gone, and adapters need one. Ask again without them.');
    }
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

async function openStepper(layout: WeightsLayout, plan: Plan, options: ModelOptions): Promise<Stepper> {
  const { device, openWasm, file, source } = options;
  if (!openWasm) return upload(await device.open(), layout, plan, options);
  const gpu = await openOrUndefined(device);
  return gpu ? upload(gpu, layout, plan, options) : openWasm(file, source, plan);
}

/** The device, or nothing if there is none to be had. */
async function openOrUndefined(device: ModelOptions['device']): Promise<Gpu | undefined> {
  try {
    return await device.open();
  } catch (error) {
    if (error instanceof HearthError && error.code === 'no-device') return undefined;
    throw error;
  }
}

/** Pipelines compile while the weights stream. */
async function upload(gpu: Gpu, layout: WeightsLayout, plan: Plan, options: ModelOptions): Promise<Step> {
  const loading = await allocateWeights(gpu, options.source, layout, options);
  return fillWhile(loading, (weights) => Step.create(gpu, options.file.config, plan, weights));
}
