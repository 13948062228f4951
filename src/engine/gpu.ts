import { type BindingKind, type Kernel, type KernelFeature, SUBGROUP_MATRIX } from '../../kernels/kernel.ts';
import { bytesInWords } from '../protocol/bytes-in-words.ts';
import { HearthError } from '../protocol/errors.ts';
import { Pace } from './pace.ts';

export interface GpuOptions {
  /** Which features to use where the adapter has them: all by default but f16, which only matrices then are in. */
  features?: { f16?: boolean; subgroups?: boolean; dp4a?: boolean; matrices?: boolean };
}

/** What kernels may use of an adapter, the most first. Each leaves out one more thing that some adapters get wrong. */
export const TRUSTS = [
  'all it has',
  'no subgroup matrices',
  'no subgroups',
  'no subgroups or int8',
  'the simplest kernels',
] as const;
export type Trust = (typeof TRUSTS)[number];

/** A part of a buffer, or all of it. */
export interface BufferSlice {
  buffer: GPUBuffer;
  offset?: number;
  size?: number;
}

/** A kernel compiled for one shape. */
export interface Pipeline {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** The one device, what it can do, and the pipelines compiled on it so far. */
export class Gpu {
  readonly #pipelines = new Map<string, Promise<Pipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  /** Whether the device had no room for a buffer, once it has said so. */
  readonly #refused = new WeakMap<GPUBuffer, Promise<boolean>>();

  /** Set once the device has gone; resolves to the reason it gave. */
  readonly lost: Promise<string>;
  /** By its self-test. */
  trust: Trust = 'all it has';
  /** How fast it has been, of all models' steps. */
  readonly pace = new Pace();
  #isLost = false;
  #invalid: string | undefined;

  private constructor(
    readonly device: GPUDevice,
    readonly info: GPUAdapterInfo,
    /** A CPU that plays a GPU. Barriers are dear there, so kernels choose one thread per row. */
    readonly isSoftware: boolean,
    /** Whether weights of few bits are multiplied in int8 (dot4I8Packed). */
    readonly dp4a: boolean,
    /** Whether what is not multiplied in int8 is in f16. */
    readonly f16: boolean,
    /** Whether subgroups multiply matrices of 16 by 16: f16, summed in f32. */
    readonly matrices: boolean,
  ) {
    this.lost = device.lost.then(({ message, reason }) => {
      this.#isLost = true;
      return message || reason;
    });
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#invalid ??= error.message;
      console.error(error.message);
    });
  }

  /** Whether the device has gone, asked by who has seen something fail. */
  async hasGone(): Promise<boolean> {
    // The news of the loss may come a moment after the calls that it fails
    await Promise.race([this.lost, this.device.queue.onSubmittedWorkDone().catch(() => {})]);
    return this.#isLost;
  }

  /** Why work on this device failed: `device-lost` if it has gone. */
  async failure(cause: unknown): Promise<HearthError> {
    if ((await this.hasGone()) || (cause instanceof Error && /lost|destroyed/i.test(cause.message))) {
      return new HearthError('device-lost', `${this.name} was lost.`, { cause });
    }
    return new HearthError(
      'internal',
      `${this.name} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }

  /**
   * Throws if an invalid command was given to the device: what it computed since is not to be trusted. The device is
   * given back, so that whoever goes on does so on a new one, as after any loss.
   */
  check(): void {
    if (!this.#invalid) return;
    this.device.destroy();
    throw new HearthError('device-lost', `${this.name} refused a command: ${this.#invalid}`);
  }

  static async open(gpu: GPU, options: GpuOptions = {}): Promise<Gpu> {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new HearthError('no-device', 'This browser offers no WebGPU adapter.');

    const {
      f16 = false,
      subgroups = true,
      dp4a: wantsIntegers,
      matrices: wantsMatrices = subgroups,
    } = options.features ?? {};
    const matrices = wantsMatrices && hasMatrices(adapter);
    const wanted: (GPUFeatureName | KernelFeature)[] = ['timestamp-query'];
    // It rounds more, and activations of some models overflow it: so only where it is asked for, and in large products
    if (f16 || matrices) wanted.push('shader-f16');
    if (subgroups) wanted.push('subgroups');
    if (matrices) wanted.push(SUBGROUP_MATRIX);
    const has = (feature: GPUFeatureName | KernelFeature): feature is GPUFeatureName =>
      adapter.features.has(feature);

    const { limits } = adapter;
    const device = await adapter.requestDevice({
      requiredFeatures: wanted.filter(has),
      requiredLimits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
        maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      },
    });
    const isSoftware =
      adapter.info.isFallbackAdapter ||
      /swiftshader|llvmpipe|lavapipe/i.test(
        adapter.info.architecture + adapter.info.device + adapter.info.description,
      );
    // Apple's GPUs have no such instruction, and a CPU has better uses for its time
    const isFast = !isSoftware && adapter.info.vendor !== 'apple';
    const dp4a = gpu.wgslLanguageFeatures.has('packed_4x8_integer_dot_product') && (wantsIntegers ?? isFast);
    return new Gpu(device, adapter.info, isSoftware, dp4a, f16 && has('shader-f16'), matrices);
  }

  get name(): string {
    const { vendor, architecture, device, description } = this.info;
    return description || [vendor, device || architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  }

  has(feature: GPUFeatureName | KernelFeature): boolean {
    return this.device.features.has(feature);
  }

  /** Compiled once per kernel and constants; asking again gives the same pipeline. */
  pipeline<Shape>(kernel: Kernel<Shape>, shape: Shape): Promise<Pipeline> {
    const constants = kernel.constants(shape);
    const key = `${kernel.name} ${JSON.stringify(constants)}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#compile(kernel, constants);
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  bind(pipeline: Pipeline, slices: readonly BufferSlice[]): GPUBindGroup {
    return this.device.createBindGroup({
      label: pipeline.name,
      layout: pipeline.layout,
      entries: slices.map(({ buffer, offset, size }, binding) => ({
        binding,
        resource: { buffer, offset, size },
      })),
    });
  }

  /** Filled with zeros. `size` in bytes, rounded up to whole words. Whether the device has room for it, `mustHave` tells. */
  buffer(
    label: string,
    size: number,
    usage: GPUBufferUsageFlags = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  ): GPUBuffer {
    this.device.pushErrorScope('out-of-memory');
    const buffer = this.device.createBuffer({ label, size: Math.max(4, Math.ceil(size / 4) * 4), usage });
    const refused = this.device.popErrorScope().then(
      (error) => error !== null,
      // A device that has gone has no news of its memory
      () => false,
    );
    this.#refused.set(buffer, refused);
    return buffer;
  }

  /** Fails with `out-of-memory`, and frees them all, if the device has no room for one of these buffers. */
  async mustHave(buffers: readonly GPUBuffer[]): Promise<void> {
    const answers = await Promise.all(buffers.map((buffer) => this.#refused.get(buffer)));
    const refused = buffers[answers.indexOf(true)];
    if (!refused) return;
    for (const buffer of buffers) buffer.destroy();
    throw new HearthError(
      'out-of-memory',
      `${this.name} has no room for ${bytesInWords(refused.size)} more (${refused.label}). Close other pages that use the GPU, or choose a smaller model or quantisation.`,
    );
  }

  async read(slice: BufferSlice): Promise<ArrayBuffer> {
    const size = slice.size ?? slice.buffer.size;
    const staging = this.buffer('read', size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(slice.buffer, slice.offset ?? 0, staging, 0, size);
    this.device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(GPUMapMode.READ);
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }

  async #compile<Shape>(kernel: Kernel<Shape>, constants: Record<string, number>): Promise<Pipeline> {
    const missing = (kernel.needs ?? []).filter((feature) => !this.has(feature));
    if (missing.length > 0)
      throw new HearthError('internal', `Kernel ${kernel.name} needs ${missing.join(', ')}.`);

    const layout = this.#layout(kernel.bindings);
    const module = this.device.createShaderModule({ label: kernel.name, code: kernel.wgsl });
    try {
      const pipeline = await this.device.createComputePipelineAsync({
        label: kernel.name,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main', constants },
      });
      return { name: kernel.name, pipeline, layout };
    } catch (cause) {
      const { messages } = await module.getCompilationInfo();
      const details = messages.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('\n');
      throw new HearthError(
        'internal',
        `Kernel ${kernel.name} does not compile on ${this.name}. ${details}`,
        { cause },
      );
    }
  }

  #layout(kinds: readonly BindingKind[]): GPUBindGroupLayout {
    const key = kinds.join(' ');
    let layout = this.#layouts.get(key);
    if (!layout) {
      const types = { read: 'read-only-storage', write: 'storage', uniform: 'uniform' } as const;
      layout = this.device.createBindGroupLayout({
        entries: kinds.map((kind, binding) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: types[kind] },
        })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

/** Not in the types yet. */
interface MatrixConfig {
  componentType: string;
  resultComponentType: string;
  M: number;
  N: number;
  K: number;
}

/** Matrices of 16 by 16 in f16 with sums in f32, in subgroups whose size is known. */
function hasMatrices({ features, info }: GPUAdapter): boolean {
  if (![SUBGROUP_MATRIX, 'shader-f16', 'subgroups'].every((feature) => features.has(feature))) return false;
  if (info.subgroupMinSize !== info.subgroupMaxSize) return false;
  const { subgroupMatrixConfigs = [] } = info as { subgroupMatrixConfigs?: Iterable<MatrixConfig> };
  return [...subgroupMatrixConfigs].some(
    ({ componentType, resultComponentType, M, N, K }) =>
      componentType === 'f16' && resultComponentType === 'f32' && M === 16 && N === 16 && K === 16,
  );
}
