import { copy } from '../../../kernels/copy/copy.ts';
import type { Kernel } from '../../../kernels/kernel.ts';
import { multiplyAdd, multiplyAddInt8 } from '../../../kernels/multiply-add/multiply-add.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { Ceilings } from '../../protocol/performance.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { median } from '../gpu/median.ts';
import { Readback } from '../gpu/readback.ts';
import { timeRepeated } from '../gpu/timing.ts';

const WARM_UP_MS = 100;
const RUNS = 15;
/** Past every cache, and still so little that it fits beside models. */
const COPIED_BYTES = 2 ** 28;
/** Less would measure what a submission costs. */
const LEAST_COPIED_BYTES = 2 ** 20;
/** Where a CPU plays the GPU. */
const SOFTWARE_BYTES = 2 ** 24;
/** Enough to fill a wide GPU with threads, and a software adapter with work. */
const THREADS = { gpu: 2 ** 18, software: 2 ** 12 };
const TURNS = 256;

/** Bytes a second (read and written) that a plain copy reaches on this adapter: the median of 15 runs after a warm-up. */
export async function copyBytesPerSecond(gpu: Gpu, most = 2 ** 30): Promise<number> {
  const bytes = copyable(gpu, most);
  const work = await prepare(gpu, copy, { bytes }, [bytes, bytes]);
  await warmUp(() => work.run(1));
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await work.run(1));
  work.destroy();
  gpu.check();
  return (2 * bytes * 1000) / median(times);
}

/** Memory that `measureCeilings` takes where `freeBytes` are left to it. Fails with `out-of-memory` where that is too little. */
export function ceilingBytes(gpu: Gpu, freeBytes: number): number {
  const bytes = copyable(gpu, Math.min(COPIED_BYTES, freeBytes / 2));
  if (bytes < LEAST_COPIED_BYTES)
    throw new HearthError(
      'out-of-memory',
      'Measuring needs 2 MB beside the models. Raise the memory cap in the options, or unload a model.',
    );
  return 2 * bytes;
}

/** What the adapter can do at best, with buffers of `bytes` in all. Each run is let through by `alone`. */
export async function measureCeilings(
  gpu: Gpu,
  bytes: number,
  alone: (work: () => Promise<number>) => Promise<number>,
): Promise<Ceilings> {
  const perSecond = async <Shape>(
    kernel: Kernel<Shape>,
    shape: Shape,
    buffers: number[],
    unit: 'bytes' | 'operations',
  ): Promise<number> => {
    const work = await prepare(gpu, kernel, shape, buffers);
    try {
      const run = (repeats: number) => alone(() => work.run(repeats));
      await warmUp(() => run(1));
      const ms = await timeRepeated(run, 1024);
      return (kernel.cost!(shape, { rows: 0, depth: 0 })[unit] * 1000) / ms;
    } finally {
      work.destroy();
    }
  };
  const copiedBytes = bytes / 2;
  const threads = gpu.isSoftware ? THREADS.software : THREADS.gpu;
  const arithmetic = (kernel: typeof multiplyAdd) =>
    perSecond(kernel, { threads, turns: TURNS }, [256, 4 * threads], 'operations');
  return {
    bytesPerSecond: await perSecond(copy, { bytes: copiedBytes }, [copiedBytes, copiedBytes], 'bytes'),
    copiedBytes,
    operationsPerSecond: await arithmetic(multiplyAdd),
    integerOperationsPerSecond: gpu.dp4a ? await arithmetic(multiplyAddInt8) : undefined,
  };
}

/** A whole number of 16 bytes that this adapter copies at once. */
function copyable({ device, isSoftware }: Gpu, wanted: number): number {
  const most = Math.min(device.limits.maxStorageBufferBindingSize, isSoftware ? SOFTWARE_BYTES : wanted);
  return Math.floor(Math.min(most, wanted) / 16) * 16;
}

/** Clocks of an idle GPU are low. */
async function warmUp(run: () => Promise<number>): Promise<void> {
  for (let ms = 0; ms < WARM_UP_MS; ) ms += await run();
}

/** A kernel on buffers of its own, of so many bytes. `run` resolves to the milliseconds of so many dispatches in a row. */
async function prepare<Shape>(gpu: Gpu, kernel: Kernel<Shape>, shape: Shape, bytes: number[]) {
  const { pipeline, ...rest } = await gpu.pipeline(kernel, shape);
  const buffers = bytes.map((size) => gpu.buffer(kernel.name, size));
  const group = gpu.bind(
    { pipeline, ...rest },
    buffers.map((buffer) => ({ buffer })),
  );
  const readback = new Readback(gpu, 1, 0);
  return {
    async run(repeats: number): Promise<number> {
      const encode = (pass: GPUComputePassEncoder) => {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...kernel.workgroups(shape));
      };
      return (await readback.submit(encode)).busyMs;
    },
    destroy() {
      readback.destroy();
      for (const buffer of buffers) buffer.destroy();
    },
  };
}
