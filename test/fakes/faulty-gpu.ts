import { openInstance } from '../gpu.ts';

/** What a device is asked to do, told before it does it. */
export interface Asked {
  what: 'buffer' | 'write' | 'pipeline' | 'submit';
  /** Of the buffer or the kernel. */
  label: string;
  /** How many of this kind this device was asked for before. */
  index: number;
  /** Which device this is, counted from 0. */
  device: number;
}

export interface Faults {
  /** Whether the device goes at this moment. */
  losesAt?: (asked: Asked) => boolean;
  /** Bytes that a device has room for: an allocation past them fails as the specification says it. */
  roomBytes?: number;
  /** What the driver makes of a kernel's WGSL. */
  compile?: (wgsl: string, kernel: string) => string;
  /** What the adapter says of itself in place of the truth. */
  info?: Partial<GPUAdapterInfo>;
}

/** An adapter that does not say that a CPU plays it. */
export const REAL_ADAPTER = {
  vendor: 'acme',
  architecture: 'fire',
  device: 'one',
  description: 'Acme Fire One',
  isFallbackAdapter: false,
};

/**
 * A real adapter whose devices count the bytes of their live buffers, and have faults. WebGPU's own objects are kept, with
 * some of their methods replaced.
 */
export class FaultyGpu {
  readonly devices: CountedDevice[] = [];
  /** Called with the live bytes of all devices each time they have grown. */
  onGrowth: (liveBytes: number) => void = () => {};
  faults: Faults;
  readonly #gpu = openInstance();

  constructor(faults: Faults = {}) {
    this.faults = faults;
  }

  /** In place of `navigator.gpu`. */
  get gpu(): GPU {
    return {
      wgslLanguageFeatures: this.#gpu.wgslLanguageFeatures,
      requestAdapter: (options?: GPURequestAdapterOptions) => this.#adapter(options),
    } as GPU;
  }

  /** Of devices that are not lost, and of lost ones whose buffers nobody has destroyed. */
  get liveBytes(): number {
    return this.devices.reduce((sum, { liveBytes }) => sum + liveBytes, 0);
  }

  async #adapter(options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> {
    const adapter = await this.#gpu.requestAdapter(options);
    if (!adapter) return null;
    const { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
    const truth = { vendor, architecture, device, description, subgroupMinSize, subgroupMaxSize };
    return {
      features: adapter.features,
      limits: adapter.limits,
      info: { ...truth, isFallbackAdapter: adapter.info.isFallbackAdapter, ...this.faults.info },
      requestDevice: async (descriptor?: GPUDeviceDescriptor) => {
        const counted = new CountedDevice(await adapter.requestDevice(descriptor), this.devices.length, this);
        this.devices.push(counted);
        return counted.device;
      },
    } as unknown as GPUAdapter;
  }
}

/** One device, its live buffers, and what goes wrong with it. */
export class CountedDevice {
  readonly live = new Map<GPUBuffer, { label: string; size: number }>();
  readonly #asked: Record<Asked['what'], number> = { buffer: 0, write: 0, pipeline: 0, submit: 0 };
  /** Scopes of errors, as the device has them, and what went wrong in each by our doing. */
  readonly #scopes: { filter: GPUErrorFilter; isFull: boolean }[] = [];
  readonly #onError: ((event: GPUUncapturedErrorEvent) => void)[] = [];

  constructor(
    readonly device: GPUDevice,
    readonly index: number,
    private readonly owner: FaultyGpu,
  ) {
    const { queue } = device;
    const createBuffer = device.createBuffer.bind(device);
    const createModule = device.createShaderModule.bind(device);
    const createPipeline = device.createComputePipelineAsync.bind(device);
    const addEventListener = device.addEventListener.bind(device);
    const [pushScope, popScope] = [device.pushErrorScope.bind(device), device.popErrorScope.bind(device)];
    const writeBuffer = queue.writeBuffer.bind(queue) as (...args: unknown[]) => undefined;
    const submit = queue.submit.bind(queue);

    const replaced = {
      createBuffer: (descriptor: GPUBufferDescriptor) => {
        this.#ask('buffer', descriptor.label ?? '');
        const isFull = this.liveBytes + descriptor.size > (owner.faults.roomBytes ?? Infinity);
        if (isFull) this.#tellFull();
        return this.#count(createBuffer(isFull ? { ...descriptor, size: 16 } : descriptor));
      },
      createShaderModule: (descriptor: GPUShaderModuleDescriptor) => {
        const { compile = (code: string) => code } = owner.faults;
        return createModule({ ...descriptor, code: compile(descriptor.code, descriptor.label ?? '') });
      },
      createComputePipelineAsync: (descriptor: GPUComputePipelineDescriptor) => {
        this.#ask('pipeline', descriptor.label ?? '');
        return createPipeline(descriptor);
      },
      pushErrorScope: (filter: GPUErrorFilter) => {
        this.#scopes.push({ filter, isFull: false });
        pushScope(filter);
      },
      popErrorScope: async () => {
        const isFull = this.#scopes.pop()?.isFull;
        const error = await popScope();
        return isFull ? { message: 'Out of memory' } : error;
      },
      addEventListener: (type: string, listener: (event: GPUUncapturedErrorEvent) => void) => {
        if (type === 'uncapturederror') this.#onError.push(listener);
        addEventListener(type as 'uncapturederror', listener);
      },
    };
    Object.assign(device, replaced);
    Object.assign(queue, {
      writeBuffer: (buffer: GPUBuffer, ...rest: unknown[]) => {
        this.#ask('write', buffer.label);
        writeBuffer(buffer, ...rest);
      },
      submit: (commands: GPUCommandBuffer[]) => {
        this.#ask('submit', '');
        submit(commands);
      },
    });
  }

  get liveBytes(): number {
    return [...this.live.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #ask(what: Asked['what'], label: string): void {
    const asked = { what, label, index: this.#asked[what]++, device: this.index };
    if (this.owner.faults.losesAt?.(asked)) this.device.destroy();
  }

  #count(buffer: GPUBuffer): GPUBuffer {
    this.live.set(buffer, { label: buffer.label, size: buffer.size });
    const destroy = buffer.destroy.bind(buffer);
    Object.assign(buffer, {
      destroy: () => {
        this.live.delete(buffer);
        destroy();
      },
    });
    this.owner.onGrowth(this.owner.liveBytes);
    return buffer;
  }

  /** To the innermost scope that asks for it, or else to whoever listens for what no scope has caught. */
  #tellFull(): void {
    const scope = this.#scopes.findLast(({ filter }) => filter === 'out-of-memory');
    if (scope) scope.isFull = true;
    else
      for (const tell of this.#onError)
        tell({ error: { message: 'Out of memory' } } as GPUUncapturedErrorEvent);
  }
}
