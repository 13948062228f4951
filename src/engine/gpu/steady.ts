import { HearthError } from '../../protocol/errors.ts';
import type { Gpu } from './gpu.ts';

/**
 * Does `work` on the device, and again on the one that takes its place as often as it is lost under the work. Fails
 * with `no-device` once there is none to be had.
 */
export async function steadily<T>(
  device: { open(): Promise<Gpu> },
  work: (gpu: Gpu) => Promise<T>,
): Promise<T> {
  let lost: Gpu | undefined;
  for (;;) {
    const gpu = await device.open();
    if (gpu === lost) throw new HearthError('device-lost', `${gpu.name} was lost, and is not opened again.`);
    try {
      return await work(gpu);
    } catch (error) {
      if (!(await gpu.hasGone())) throw error;
      lost = gpu;
    }
  }
}
