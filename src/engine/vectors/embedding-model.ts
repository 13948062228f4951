import { HearthError } from '../../protocol/errors.ts';
import { Embedder, type EmbedRequest } from './embedder.ts';
import { makeFitting } from '../plan/fitting.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { layOutWeights } from '../weights/layout.ts';
import { withWeights } from '../weights/load.ts';
import { type LoadedModel, mustMake, OVERFLOWS } from '../loaded-model.ts';
import type { ModelOptions } from '../model.ts';
import { type Plan, planMemory } from '../plan/plan.ts';
import { Overflow } from '../schedule/stepper.ts';
import { steadily } from '../gpu/steady.ts';
import { uploadBytes } from '../weights/upload.ts';
import { VectorStep } from './vector-step.ts';

/** Rows of a step where nobody says otherwise: so many short texts as a GPU likes at once. */
const ROWS = { gpu: 1024, software: 32 };

/** A model that makes vectors of texts, on the GPU. */
export class EmbeddingModel implements LoadedModel {
  readonly file: ModelOptions['file'];
  readonly plan: Plan;
  readonly #options: ModelOptions;
  readonly #embedder: Embedder;
  #step: VectorStep;
  /** What it has to be computed in; as the device has it if absent. */
  #arithmetic: 'f32' | undefined;

  /** Plans first: fails with `out-of-memory`, before anything is allocated, if the sizes do not allow it. */
  static async load(options: ModelOptions): Promise<EmbeddingModel> {
    const { file, sizes } = options;
    mustMake(file, 'vectors');
    const { plan, made } = await onGpu(options, async (gpu) => {
      const bindingBytes = gpu.device.limits.maxStorageBufferBindingSize;
      const layout = layOutWeights(file.tensors, bindingBytes);
      const maxRows = sizes.maxRows ?? (gpu.isSoftware ? ROWS.software : ROWS.gpu);
      const { config } = file;
      const weightsBytes = layout.bytes + uploadBytes(gpu, layout);
      const request = { ...sizes, maxRows, config, weightsBytes, bindingBytes };
      planMemory(request);
      return withWeights(
        gpu,
        layout,
        options,
        (weights) => makeFitting(request, (plan) => VectorStep.create(gpu, config, plan, weights)),
        ({ made }) => made.destroy(),
      );
    });
    return new EmbeddingModel(options, plan, made);
  }

  private constructor(options: ModelOptions, plan: Plan, step: VectorStep) {
    this.#options = options;
    this.file = options.file;
    this.plan = plan;
    this.#step = step;
    this.#embedder = new Embedder({
      plan,
      step,
      governor: options.governor,
      recover: async (cause) => {
        if (cause instanceof Overflow) this.#arithmetic = 'f32';
        this.#step.destroy();
        this.#step = await onGpu(options, (gpu) => {
          const layout = layOutWeights(this.file.tensors, gpu.device.limits.maxStorageBufferBindingSize);
          return withWeights(
            gpu,
            layout,
            options,
            (weights) => VectorStep.create(gpu, this.file.config, plan, weights, this.#arithmetic),
            (step) => step.destroy(),
          );
        });
        return this.#step;
      },
    });
  }

  /** Values of a vector. */
  get dimensions(): number {
    return this.file.config.vectorDim;
  }

  get contextLength(): number {
    return this.plan.contextLength;
  }

  get memory() {
    const { weightsBytes, kvBytes, activationsBytes } = this.plan;
    return { weightsBytes, kvBytes, activationsBytes };
  }

  get notice(): string | undefined {
    return this.#arithmetic && OVERFLOWS;
  }

  get running() {
    return this.#embedder.running;
  }

  /** As `Embedder.embed`. */
  embed(
    request: EmbedRequest,
    onProgress: (doneTexts: number) => void,
    signal: AbortSignal,
  ): Promise<Float32Array[]> {
    return this.#embedder.embed(request, onProgress, signal);
  }

  stop(origin: string | undefined): number {
    return this.#embedder.stop(origin);
  }

  async dispose(): Promise<void> {
    this.#step.destroy();
    await this.#options.source.close?.();
  }
}

async function onGpu<T>({ device }: ModelOptions, work: (gpu: Gpu) => Promise<T>): Promise<T> {
  try {
    return await steadily(device, work);
  } catch (cause) {
    if (!(cause instanceof HearthError && cause.code === 'no-device')) throw cause;
    throw new HearthError(
      'no-device',
      'This model makes embeddings, which Hearth computes only on a GPU: WebAssembly, which takes its place here, only writes text. Use a browser with WebGPU.',
      { cause },
    );
  }
}
