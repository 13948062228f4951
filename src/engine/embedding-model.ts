import { HearthError } from '../protocol/errors.ts';
import { Embedder, type EmbedRequest } from './embedder.ts';
import type { Gpu } from './gpu.ts';
import { layOutWeights } from './layout.ts';
import { allocateWeights, fillWhile } from './load.ts';
import { type LoadedModel, mustMake } from './loaded-model.ts';
import type { ModelOptions } from './model.ts';
import { type Plan, planMemory } from './plan.ts';
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

  /** Plans first: fails with `out-of-memory`, before anything is allocated, if the sizes do not allow it. */
  static async load(options: ModelOptions): Promise<EmbeddingModel> {
    const { file, sizes } = options;
    mustMake(file, 'vectors');
    const gpu = await openGpu(options);
    const bindingBytes = gpu.device.limits.maxStorageBufferBindingSize;
    const { bytes: weightsBytes } = layOutWeights(file.tensors, bindingBytes);
    const maxRows = sizes.maxRows ?? (gpu.isSoftware ? ROWS.software : ROWS.gpu);
    const plan = planMemory({ ...sizes, maxRows, config: file.config, weightsBytes, bindingBytes });
    return new EmbeddingModel(options, plan, await upload(gpu, plan, options));
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
      recover: async () => {
        this.#step.destroy();
        this.#step = await upload(await openGpu(options), plan, options);
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

async function openGpu({ device }: ModelOptions): Promise<Gpu> {
  try {
    return await device.open();
  } catch (cause) {
    if (!(cause instanceof HearthError && cause.code === 'no-device')) throw cause;
    throw new HearthError(
      'no-device',
      'This model makes embeddings, which Hearth computes only on a GPU: WebAssembly, which takes its place here, only writes text. Use a browser with WebGPU.',
      { cause },
    );
  }
}

/** Weights come from disk again after a loss. */
async function upload(gpu: Gpu, plan: Plan, options: ModelOptions): Promise<VectorStep> {
  const { file, source } = options;
  const layout = layOutWeights(file.tensors, gpu.device.limits.maxStorageBufferBindingSize);
  const loading = await allocateWeights(gpu, source, layout, options);
  return fillWhile(loading, (weights) => VectorStep.create(gpu, file.config, plan, weights));
}
