import type { KernelTime } from '../../protocol/performance.ts';
import { encode, type SizedDispatch, type StepLoad } from './dispatch.ts';
import type { Gpu } from './gpu.ts';
import { Readback } from './readback.ts';
import { timeRepeated } from './timing.ts';

/** Dispatches of one submission at most: what encodes them must not become what is measured. */
const MOST_DISPATCHES = 4096;

/** A step that is ready to run. */
export interface PreparedStep {
  load: StepLoad;
  dispatches: readonly SizedDispatch[];
}

export interface ProfileOptions {
  gpu: Gpu;
  /** Writes what the step reads. Called before every run, since answers that come in between write their own. */
  prepare(): PreparedStep;
  /** Lets a run through that has the GPU to itself; resolves to the milliseconds that it took. */
  alone(run: () => Promise<number>): Promise<number>;
  onProgress?(done: number, of: number): void;
}

export interface StepTimes {
  /** The whole step in one pass. */
  stepUs: number;
  /** The slowest first. */
  kernels: KernelTime[];
}

/**
 * Times each kernel of a step: all of its dispatches, one behind the other in a pass, so often that rounded timestamps do. What
 * a model's layers read is read in turn, as in a real step, so weights that are larger than the caches come from memory.
 */
export async function profile({ gpu, prepare, alone, onProgress }: ProfileOptions): Promise<StepTimes> {
  let prepared: PreparedStep | undefined;
  await alone(async () => {
    prepared = prepare();
    return 0;
  });
  const { load, dispatches } = prepared!;
  const names = [...new Set(dispatches.map(({ name }) => name))];
  const readback = new Readback(gpu, 1, 0);
  const timeUs = (wanted: (dispatch: SizedDispatch) => boolean): Promise<number> => {
    const run = (repeats: number) =>
      alone(async () => {
        const chosen = prepare().dispatches.filter(wanted);
        const encodeAll = (pass: GPUComputePassEncoder) => {
          for (let i = 0; i < repeats; i++) encode(pass, chosen);
        };
        const { busyMs } = await readback.submit(encodeAll);
        gpu.check();
        return busyMs;
      });
    const count = dispatches.filter(wanted).length;
    return timeRepeated(run, Math.max(1, Math.floor(MOST_DISPATCHES / count))).then((ms) => ms * 1000);
  };

  try {
    const kernels: KernelTime[] = [];
    for (const [done, kernel] of names.entries()) {
      onProgress?.(done, names.length + 1);
      const own = dispatches.filter(({ name }) => name === kernel);
      const us = await timeUs(({ name }) => name === kernel);
      kernels.push({ kernel, dispatches: own.length, us, cost: costOf(own, load) });
    }
    onProgress?.(names.length, names.length + 1);
    // Last, so that every buffer holds again what a step leaves there
    const stepUs = await timeUs(() => true);
    return { stepUs, kernels: kernels.sort((a, b) => b.us - a.us) };
  } finally {
    readback.destroy();
  }
}

/** Of all dispatches together. */
function costOf(dispatches: readonly SizedDispatch[], load: StepLoad): KernelTime['cost'] {
  const sum = { bytes: 0, operations: 0, isInteger: false };
  for (const dispatch of dispatches) {
    const cost = dispatch.cost?.(load);
    if (!cost) return undefined;
    sum.bytes += cost.bytes;
    sum.operations += cost.operations;
    sum.isInteger ||= cost.isInteger ?? false;
  }
  return sum;
}
