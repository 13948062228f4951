import type { Cost } from '../../../kernels/kernel.ts';
import type { StepLoad } from '../forward/step-buffer.ts';

/** One kernel of a step: what is bound, and how much of it to run. */
export interface Dispatch {
  name: string;
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  /** Nothing to do where it gives undefined or a zero. */
  workgroups(load: StepLoad): readonly [x: number, y?: number, z?: number] | undefined;
  /** What it has to do in a step that it is part of, where its kernel says so. */
  cost?(load: StepLoad): Cost | undefined;
}

export interface SizedDispatch extends Dispatch {
  size: readonly [x: number, y?: number, z?: number];
}

/** Those that have something to do. */
export function sized(dispatches: readonly Dispatch[], load: StepLoad): SizedDispatch[] {
  return dispatches.flatMap((dispatch) => {
    const size = dispatch.workgroups(load);
    return size && !size.includes(0) ? [{ ...dispatch, size }] : [];
  });
}

export function encode(pass: GPUComputePassEncoder, dispatches: readonly SizedDispatch[]): void {
  for (const { pipeline, bindGroup, size } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...size);
  }
}
