import type { Cost } from '../../../kernels/kernel.ts';

/** How much of everything a step has: what its dispatches are sized by. */
export interface StepLoad {
  rows: number;
  outputs: number;
  /** Tokens that are chosen: one for each output, and behind them what each of those under a mask would be without. */
  samples: number;
  /** Whether some of the outputs are of sequences that ask for their likeliest tokens. */
  isListed: boolean;
  /** The first rows: of decoding sequences. The rest are prompts, in tiles. */
  decodes: number;
  /** Whether some of those belong to one sequence: they read what others of the same step write to the cache. */
  hasGuesses: boolean;
  tiles: number;
  /** The longest context of a decoding row: positions that it attends to. */
  depth: number;
}

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
