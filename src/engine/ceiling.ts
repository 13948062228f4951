import { copy } from '../../kernels/copy/copy.ts';
import type { Gpu } from './gpu.ts';
import { Readback } from './readback.ts';

const WARM_UP_MS = 100;
const RUNS = 15;

/** Bytes a second (read and written) that a plain copy reaches on this adapter: the median of 15 runs after a warm-up. */
export async function copyBytesPerSecond(gpu: Gpu): Promise<number> {
  const most = Math.min(gpu.device.limits.maxStorageBufferBindingSize, gpu.isSoftware ? 2 ** 24 : 2 ** 30);
  const bytes = Math.floor(most / 16) * 16;
  const [source, out] = [gpu.buffer('copy source', bytes), gpu.buffer('copy out', bytes)];
  const pipeline = await gpu.pipeline(copy, { bytes });
  const group = gpu.bind(pipeline, [{ buffer: source }, { buffer: out }]);
  const readback = new Readback(gpu, 1, 8);
  const run = () =>
    readback.submit(
      (pass) => {
        pass.setPipeline(pipeline.pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...copy.workgroups({ bytes }));
      },
      out,
      8,
    );

  const times: number[] = [];
  // Clocks of an idle GPU are low
  for (const startedAt = performance.now(); performance.now() - startedAt < WARM_UP_MS; ) await run();
  for (let i = 0; i < RUNS; i++) times.push((await run()).busyMs);
  readback.destroy();
  source.destroy();
  out.destroy();
  gpu.check();
  return (2 * bytes * 1000) / median(times);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
