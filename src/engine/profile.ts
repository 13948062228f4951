import { median } from './ceiling.ts';
import type { Gpu } from './gpu.ts';
import type { SizedDispatch } from './dispatch.ts';

const RUNS = 21;

/** All dispatches of one kernel in a step. */
export interface KernelTime {
  kernel: string;
  dispatches: number;
  /** Of all of them, each the median of its runs. */
  us: number;
}

/**
 * Times every dispatch in a pass of its own, the slowest kernel first. A pass has a begin and an end of its own, so the sum is
 * more than a step takes. Nothing where the adapter has no timestamps.
 */
export async function profile(gpu: Gpu, dispatches: readonly SizedDispatch[]): Promise<KernelTime[]> {
  if (!gpu.has('timestamp-query')) return [];
  const { device } = gpu;
  const count = 2 * dispatches.length;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const times = gpu.buffer('profile', 8 * count, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
  const runs: BigUint64Array[] = [];
  for (let run = 0; run < RUNS; run++) {
    const encoder = device.createCommandEncoder();
    for (const [i, { pipeline, bindGroup, size }] of dispatches.entries()) {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...size);
      pass.end();
    }
    encoder.resolveQuerySet(querySet, 0, count, times, 0);
    device.queue.submit([encoder.finish()]);
    runs.push(new BigUint64Array(await gpu.read({ buffer: times })));
  }
  gpu.check();
  querySet.destroy();
  times.destroy();

  const kernels = new Map<string, KernelTime>();
  for (const [i, { name }] of dispatches.entries()) {
    const us = median(runs.map((run) => Number(run[2 * i + 1]! - run[2 * i]!) / 1000));
    const kernel = kernels.get(name) ?? { kernel: name, dispatches: 0, us: 0 };
    kernels.set(name, { ...kernel, dispatches: kernel.dispatches + 1, us: kernel.us + us });
  }
  return [...kernels.values()].sort((a, b) => b.us - a.us);
}
