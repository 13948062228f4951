import type { Kernel } from '../../../../kernels/kernel.ts';
import type { Gpu } from '../../gpu/gpu.ts';

/** What lies in a buffer at first; of a number, so many bytes of zeros. */
type Contents = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | number;

/** A kernel, and the buffers that it is bound to, by name. */
export interface Use<Name extends string> {
  kernel: Kernel<never>;
  workgroups: readonly [x: number, y?: number, z?: number];
  constants: Record<string, number>;
  on: readonly Name[];
}

export function use<Shape, Name extends string>(
  kernel: Kernel<Shape>,
  shape: NoInfer<Shape>,
  on: readonly Name[],
): Use<Name> {
  return {
    kernel: kernel as unknown as Kernel<never>,
    constants: kernel.constants(shape),
    workgroups: kernel.workgroups(shape),
    on,
  };
}

/** Runs kernels one after the other on buffers of their own; what one of these holds in the end. */
export async function compute<Name extends string>(
  gpu: Gpu,
  contents: Record<Name, Contents>,
  uses: readonly Use<Name>[],
  wanted: Name,
): Promise<ArrayBuffer> {
  const buffers = {} as Record<Name, GPUBuffer>;
  try {
    for (const [name, content] of Object.entries(contents) as [Name, Contents][]) {
      const size = typeof content === 'number' ? content : content.byteLength;
      const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
      const kind = size === 16 ? STORAGE | UNIFORM : STORAGE;
      buffers[name] = gpu.buffer(`self-test ${name}`, size, kind | COPY_DST | COPY_SRC);
      if (typeof content !== 'number') gpu.device.queue.writeBuffer(buffers[name], 0, content);
    }
    await gpu.mustHave(Object.values(buffers));
    const pipelines = await Promise.all(
      uses.map(({ kernel, constants }) =>
        gpu.pipeline({ ...kernel, constants: () => constants }, undefined as never),
      ),
    );
    const encoder = gpu.device.createCommandEncoder();
    for (const [i, { on, workgroups }] of uses.entries()) {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipelines[i]!.pipeline);
      const slices = on.map((name) => ({ buffer: buffers[name] }));
      pass.setBindGroup(0, gpu.bind(pipelines[i]!, slices));
      pass.dispatchWorkgroups(...workgroups);
      pass.end();
    }
    gpu.device.queue.submit([encoder.finish()]);
    return await gpu.read({ buffer: buffers[wanted] });
  } finally {
    for (const buffer of Object.values<GPUBuffer>(buffers)) buffer.destroy();
  }
}

/** Whether ‖actual − expected‖ is no more than a hundredth of ‖expected‖. NaN is never close. */
export function isClose(actual: ArrayLike<number>, expected: ArrayLike<number>): boolean {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return difference <= 1e-4 * norm;
}
