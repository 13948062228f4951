import { HearthError } from '../../protocol/errors.ts';
import type { Backend } from '../../protocol/models.ts';
import { type Clock, sleep } from '../clock.ts';
import { Gpu, type Trust } from '../gpu/gpu.ts';
import { proveAdapter, type Verdicts } from './self-test/self-test.ts';

/** A browser's GPU process may need a moment after the browser has started, and after a crash. */
const ADAPTER_TRIES = 4;
const ADAPTER_WAIT_MS = 400;
/** A second loss within this time is one too many: the driver will do it again. */
const LOSSES_WITHIN_MS = 60_000;

/** The one GPU through its losses: opened on first use, opened again when lost, given up when that does not help. */
export class Device {
  readonly #gpu: GPU | undefined;
  readonly #clock: Clock;
  readonly #losses: number[] = [];
  #opening: Promise<Gpu> | undefined;
  #state: 'starting' | 'ready' | 'recovering' = 'starting';
  #adapter = 'not opened yet';
  #isSoftware = false;
  #trust: Trust = 'all it has';
  /** Why there is no GPU (any more). */
  #givenUp: string | undefined;

  constructor(
    gpu: GPU | undefined,
    clock: Clock,
    private readonly verdicts?: Verdicts,
  ) {
    this.#gpu = gpu;
    this.#clock = clock;
    if (!gpu) this.#givenUp = 'This browser has no WebGPU.';
  }

  get state(): 'starting' | 'ready' | 'recovering' {
    return this.#givenUp ? 'ready' : this.#state;
  }

  get kind(): Backend {
    return this.#givenUp ? 'wasm' : 'webgpu';
  }

  get adapter(): string {
    return this.#givenUp ?? this.#adapter;
  }

  get notice(): string | undefined {
    if (this.#givenUp)
      return `${this.#givenUp} Answers come from WebAssembly on the processor, which is slower.`;
    if (this.#trust !== 'all it has')
      return `${this.#adapter} computes wrong numbers with some kernels. Hearth found that out by a test and uses others: it trusts this GPU with ${this.#trust}, which is slower. A newer driver may mend that.`;
    if (this.#isSoftware) return 'This browser has no real GPU: a software adapter computes, which is slow.';
    return undefined;
  }

  /** What will compute: found out by opening the device. */
  async backend(): Promise<Backend> {
    await this.open().catch(() => {});
    return this.kind;
  }

  /** Fails with `no-device` once the GPU is given up. */
  async open(): Promise<Gpu> {
    if (this.#givenUp) throw new HearthError('no-device', this.#givenUp);
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Whoever asks gets a device whose kernels have been found right. */
  async #open(): Promise<Gpu> {
    const gpu = await this.#request();
    this.#adapter = gpu.name;
    this.#isSoftware = gpu.isSoftware;
    void gpu.lost.then(() => this.#onLost());
    try {
      await proveAdapter(gpu, this.verdicts);
    } catch (error) {
      if (await gpu.hasGone()) return this.open();
      this.#givenUp = error instanceof HearthError ? error.message : 'The GPU could not be tested.';
      throw new HearthError('no-device', this.#givenUp, { cause: error });
    }
    this.#trust = gpu.trust;
    this.#state = 'ready';
    return gpu;
  }

  async #request(): Promise<Gpu> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await Gpu.open(this.#gpu!);
      } catch (error) {
        if (attempt < ADAPTER_TRIES) {
          await sleep(this.#clock, ADAPTER_WAIT_MS);
          continue;
        }
        this.#givenUp = error instanceof HearthError ? error.message : 'The GPU could not be opened.';
        throw new HearthError('no-device', this.#givenUp, { cause: error });
      }
    }
  }

  #onLost(): void {
    const now = this.#clock.now();
    this.#losses.push(now);
    this.#opening = undefined;
    this.#state = 'recovering';
    if (this.#losses.filter((at) => now - at < LOSSES_WITHIN_MS).length >= 2)
      this.#givenUp = 'The GPU was lost twice within a minute.';
  }
}
