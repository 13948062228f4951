import { create, globals } from 'webgpu';
import type { Kernel } from '../kernels/kernel.ts';
import { Gpu, type GpuOptions } from '../src/engine/gpu/gpu.ts';
import { measuredOn } from './measured.ts';

Object.assign(globalThis, globals);

// Dawn dies with its instance, so it is kept for as long as the process lives
const instance = create((process.env.HEARTH_DAWN ?? '').split(' ').filter(Boolean));

/** Dawn as a browser's `navigator.gpu`. */
export function openInstance(): GPU {
  return instance;
}

/** A device on whatever adapter Dawn finds: the software one that `src/build/vulkan.mjs` sets up, or a real GPU. */
export async function openGpu(options: GpuOptions = { features: { f16: true } }): Promise<Gpu> {
  const gpu = await Gpu.open(instance, options);
  measuredOn(gpu.name);
  return gpu;
}

type TypedArray = Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;
type TypedArrayClass = new (buffer: ArrayBuffer) => TypedArray;

/** An input's values, or room for an output of `length` elements, poisoned with NaN so that a hole shows; `start` gives it values to begin with. */
export type Argument =
  | TypedArray
  | { write: TypedArrayClass & { BYTES_PER_ELEMENT: number }; length: number; start?: TypedArray };

/** Runs a kernel once on buffers of its own and gives back its written arguments, in order. */
export async function runKernel<Shape>(
  gpu: Gpu,
  kernel: Kernel<Shape>,
  shape: Shape,
  args: Argument[],
): Promise<Float32Array[]>;
export async function runKernel<Shape>(
  gpu: Gpu,
  kernel: Kernel<Shape>,
  shape: Shape,
  args: Argument[],
): Promise<TypedArray[]> {
  const pipeline = await gpu.pipeline(kernel, shape);
  const usage =
    GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC | GPUBufferUsage.UNIFORM;
  const buffers = args.map((arg, i) => {
    const values =
      'write' in arg
        ? (arg.start ?? new Uint8Array(arg.length * arg.write.BYTES_PER_ELEMENT).fill(0xff))
        : arg;
    const buffer = gpu.buffer(
      `${kernel.name} ${i}`,
      kernel.bindings[i] === 'uniform' ? Math.max(16, values.byteLength) : values.byteLength,
      kernel.bindings[i] === 'uniform'
        ? GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST
        : usage & ~GPUBufferUsage.UNIFORM,
    );
    const padded = new Uint8Array(Math.ceil(values.byteLength / 4) * 4);
    padded.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    gpu.device.queue.writeBuffer(buffer, 0, padded);
    return buffer;
  });

  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline.pipeline);
  pass.setBindGroup(
    0,
    gpu.bind(
      pipeline,
      buffers.map((buffer) => ({ buffer })),
    ),
  );
  pass.dispatchWorkgroups(...kernel.workgroups(shape));
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);

  const outputs: TypedArray[] = [];
  for (const [i, arg] of args.entries()) {
    if ('write' in arg)
      outputs.push(
        new arg.write(
          (await gpu.read({ buffer: buffers[i]! })).slice(0, arg.length * arg.write.BYTES_PER_ELEMENT),
        ),
      );
  }
  for (const buffer of buffers) buffer.destroy();
  return outputs;
}

/** The same numbers on every run: xorshift32 from `seed`. */
export function random(seed = 1): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Uniform in [-size, size). */
export function randomFloats(length: number, size = 1, seed = length): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => (next() * 2 - 1) * size);
}

/** ‖actual − expected‖ / ‖expected‖; NaN anywhere gives NaN, which passes no bound. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values where ${expected.length} were expected`);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return Math.sqrt(difference / (norm || 1));
}
