import type { Arithmetic } from '../../../kernels/quants/weights.ts';
import type { ModelConfig } from '../../../models/architectures/index.ts';
import { allOrNothing } from '../gpu/all-or-nothing.ts';
import { Buffers } from '../forward/buffers.ts';
import { type Dispatch, sized } from '../gpu/dispatch.ts';
import { buildForward } from '../forward/forward.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Weights } from '../weights/load.ts';
import { workOf } from '../gpu/pace.ts';
import type { Plan } from '../plan/plan.ts';
import { Readback } from '../gpu/readback.ts';
import type { StepPlan } from '../schedule/schedule.ts';
import { StepBuffer } from '../forward/step-buffer.ts';
import { VECTOR_DEPTH } from '../plan/step-bytes.ts';
import { Overflow, type Stepper, type Timed } from '../schedule/stepper.ts';
import { chooseVariants, mayOverflow } from '../device/variants.ts';

export interface VectorsResult extends Timed {
  /** (vectorDim) of each text that ends in the step. */
  vectors: readonly Float32Array[];
}

/** The forward pass of a model that makes vectors of texts. It samples nothing. */
export class VectorStep implements Stepper<VectorsResult> {
  readonly depth = VECTOR_DEPTH;
  readonly ahead = VECTOR_DEPTH;
  readonly keepsPages = true;
  readonly #gpu: Gpu;
  readonly #dim: number;
  readonly #weights: Weights;
  readonly #buffers: Buffers;
  readonly #stepBuffer: StepBuffer;
  readonly #forward: readonly Dispatch[];
  readonly #readback: Readback;

  static create(
    gpu: Gpu,
    config: ModelConfig,
    plan: Plan,
    weights: Weights,
    arithmetic?: Arithmetic,
  ): Promise<VectorStep> {
    return allOrNothing(async (own) => {
      const buffers = own(await Buffers.create(gpu, config, plan, weights.ropeFactors));
      const stepBuffer = new StepBuffer(gpu, plan);
      own(stepBuffer.buffer);
      const readback = own(new Readback(gpu, VECTOR_DEPTH, plan.slots * config.vectorDim * 4));
      await gpu.mustHave([stepBuffer.buffer, ...readback.buffers]);
      const variants = chooseVariants(gpu, arithmetic);
      const forward = await buildForward({
        gpu,
        config,
        plan,
        weights,
        buffers,
        stepBuffer,
        // Never read: all tokens of a text are known
        sampled: stepBuffer.rows,
        variants,
      });
      return new VectorStep(
        gpu,
        config.vectorDim,
        weights,
        buffers,
        stepBuffer,
        forward,
        readback,
        mayOverflow(variants),
      );
    });
  }

  private constructor(
    gpu: Gpu,
    dim: number,
    weights: Weights,
    buffers: Buffers,
    stepBuffer: StepBuffer,
    forward: readonly Dispatch[],
    readback: Readback,
    /** Whether it may overflow. */
    private readonly isHalf: boolean,
  ) {
    this.#gpu = gpu;
    this.#dim = dim;
    this.#weights = weights;
    this.#buffers = buffers;
    this.#stepBuffer = stepBuffer;
    this.#forward = forward;
    this.#readback = readback;
  }

  setPage(slot: number, index: number, page: number, group: number): void {
    this.#buffers.setPage(slot, index, page, group);
  }

  setSampler(): void {}

  async run(plan: StepPlan): Promise<VectorsResult> {
    const load = this.#stepBuffer.write(plan);
    const work = workOf(sized(this.#forward, load), load);
    const { results, busyMs } = await this.#readback.submit(
      this.#gpu.pace.parts(work),
      this.#buffers.activations.outputs.buffer,
      load.outputs * this.#dim * 4,
    );
    this.#gpu.check();
    this.#gpu.pace.note(work, busyMs);
    const vectors = Array.from(
      { length: load.outputs },
      (_, i) => new Float32Array(results, i * this.#dim * 4, this.#dim),
    );
    if (this.isHalf && vectors.some((vector) => !vector.every(Number.isFinite))) throw new Overflow();
    return { vectors, busyMs };
  }

  destroy(): void {
    this.#readback.destroy();
    this.#buffers.destroy();
    this.#stepBuffer.buffer.destroy();
    this.#weights.destroy();
  }
}
