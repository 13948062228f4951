import type { Kernel } from '../../../kernels/kernel.ts';
import type { ModelConfig } from '../../../models/architectures/index.ts';
import type { Buffers } from './buffers.ts';
import type { Dispatch, StepLoad } from '../gpu/dispatch.ts';
import type { BufferSlice, Gpu } from '../gpu/gpu.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { StageSpan } from '../../protocol/stage.ts';
import type { Lora, Weights } from '../weights/load.ts';
import type { Plan } from '../plan/plan.ts';
import type { StepBuffer } from './step-buffer.ts';
import type { Variants } from '../device/variants.ts';

export interface ForwardParts {
  gpu: Gpu;
  config: ModelConfig;
  plan: Plan;
  weights: Weights;
  buffers: Buffers;
  stepBuffer: StepBuffer;
  /** (slots) u32: the token that each sequence sampled last. */
  sampled: BufferSlice;
  variants: Variants;
  /** Of a stage: whether x begins with tokens, and ends as logits; else x is there before, and is what is given. */
  ends?: Pick<StageSpan, 'embeds' | 'samples'>;
}

/** What the parts of the forward pass add their dispatches to, in the order in which they run. */
export interface ForwardContext extends ForwardParts {
  /** One kernel; its shape's changing sizes come from the load. It does not run where there are none. */
  add<Shape extends object, Sizes extends keyof Shape>(
    kernel: Kernel<Shape>,
    shape: Omit<Shape, Sizes>,
    sizes: (load: StepLoad) => Pick<Shape, Sizes> | undefined,
    slices: BufferSlice[],
  ): void;
  /** What of adapters has found its place. */
  readonly applied: Set<Lora>;
}

/** How many rows a dispatch is for. */
export type RowsOf = (load: StepLoad) => { rows: number };

export const allRows: RowsOf = ({ rows }) => ({ rows });
/** Those whose logits are wanted. */
export const outputRows: RowsOf = ({ outputs }) => ({ rows: outputs });

/** Calls `build`; resolves when every pipeline that it asked for is compiled. */
export async function collect(
  parts: ForwardParts,
  build: (context: ForwardContext) => void,
): Promise<Dispatch[]> {
  const pending: Promise<Dispatch>[] = [];
  const { gpu } = parts;
  const make = async <Shape extends object, Sizes extends keyof Shape>(
    kernel: Kernel<Shape>,
    shape: Omit<Shape, Sizes>,
    sizes: (load: StepLoad) => Pick<Shape, Sizes> | undefined,
    slices: BufferSlice[],
  ): Promise<Dispatch> => {
    const pipeline = await gpu.pipeline(kernel, shape as Shape);
    return {
      name: kernel.name,
      pipeline: pipeline.pipeline,
      bindGroup: gpu.bind(pipeline, slices),
      workgroups(load) {
        const now = sizes(load);
        return now && kernel.workgroups({ ...shape, ...now } as Shape);
      },
      cost(load) {
        const now = sizes(load);
        return now && kernel.cost?.({ ...shape, ...now } as Shape, load);
      },
    };
  };
  const applied = new Set<Lora>();
  build({ ...parts, add: (...dispatch) => void pending.push(make(...dispatch)), applied });
  const left = parts.weights.linears.flatMap(({ lora = [] }) => lora).find((lora) => !applied.has(lora));
  if (left)
    throw new HearthError(
      'unsupported-model',
      `The adapter changes ${JSON.stringify(left.name)}, which Hearth computes in a way that takes no adapter. Choose an adapter of other matrices.`,
    );
  return Promise.all(pending);
}
