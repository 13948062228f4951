import { HearthError } from '../protocol/errors.ts';
import type { Backend } from '../protocol/models.ts';
import type { Bundle } from './bundle.ts';
import { loadPipeline } from './load-pipeline.ts';
import type { Library } from './library.ts';
import type { Machine, SharedDevice, TaskLodger } from './machine.ts';
import { openSession, type Ort, type SessionPlace, sessionOptions } from './ort-sessions.ts';
import type { LoadedPipeline, Task } from './task.ts';

export interface LoadWish {
  task: Task;
  dtype: string;
  backend: Backend;
  bundle: Bundle;
  library: Library;
  ort: Ort;
  machine: Machine;
  /** Throws once nobody waits for what is computed now. */
  mustGoOn(): void;
}

/** A task's model in memory, on the processor or on the device. */
export class LoadedTask implements TaskLodger {
  bytes = 0;
  usedAt: number;
  isIdle = false;
  #pipeline: LoadedPipeline | undefined;
  #gpu: SharedDevice | undefined;
  #hasLeft = false;

  constructor(readonly wish: LoadWish) {
    this.usedAt = wish.machine.now();
  }

  /**
   * Takes memory before it reads a file into it.
   * @param name under which the library asks for the bundle's files
   */
  async open(name: string): Promise<void> {
    try {
      await this.#open(name);
    } catch (error) {
      await this.leave();
      throw explained(error, this.wish);
    }
  }

  get pipeline(): LoadedPipeline {
    return this.#pipeline!;
  }

  /** Put out, to make room for something else. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Whether its device has gone, and what it held with it: asked by who has seen it fail. */
  async isLost(): Promise<boolean> {
    return (await this.#gpu?.hasGone()) ?? false;
  }

  /** The library reads files through this. */
  async read(path: string): Promise<Blob | undefined> {
    const { bundle } = this.wish;
    // A dropped folder may have its files side by side
    const file = (await bundle.read(path)) ?? (await bundle.read(path.replace(/^onnx\//, '')));
    if (file && /\.onnx(_data(_\d+)?)?$/.test(path)) await this.#grow(file.size);
    return file;
  }

  async leave(): Promise<void> {
    this.#hasLeft = true;
    this.wish.machine.putOut(this);
    const pipeline = this.#pipeline;
    this.#pipeline = undefined;
    // On a device that has gone there is nothing to give back
    await pipeline?.dispose().catch(() => {});
  }

  async #open(name: string): Promise<void> {
    const { task, dtype, bundle, library, ort, machine, backend } = this.wish;
    const gpu = (this.#gpu = backend === 'webgpu' ? await machine.device() : undefined);
    if (backend === 'webgpu' && !gpu)
      throw new HearthError('no-device', 'There is no GPU that this model could run on. Leave `device` out.');
    const options = sessionOptions(this.#place(gpu !== undefined), gpu?.device);
    const load = task.load ?? ((all, wish) => loadPipeline(task.name, all, wish));
    this.#pipeline = await load(library, {
      name,
      dtype,
      session_options: options,
      paths: bundle.paths,
      readJson: async (path) => parsed(await this.read(path)),
      openSession: async (path) => {
        const file = (await this.read(path))!;
        return openSession(ort, new Uint8Array(await file.arrayBuffer()), options);
      },
    });
  }

  #place(onDevice: boolean): SessionPlace {
    const { machine, mustGoOn } = this.wish;
    return {
      async turn(run) {
        mustGoOn();
        return onDevice ? machine.turn(run) : run();
      },
    };
  }

  async #grow(bytes: number): Promise<void> {
    await this.wish.machine.lodge(this, bytes);
    this.bytes += bytes;
  }
}

async function parsed(file: Blob | undefined): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = file && JSON.parse(await file.text());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What the library says of a model is for programmers; this is for who chose the model. */
function explained(error: unknown, { bundle, task }: LoadWish): unknown {
  if (error instanceof HearthError) return error;
  const why = error instanceof Error ? error.message.slice(0, 300) : String(error);
  return new HearthError(
    'unsupported-model',
    `${bundle.id} cannot be loaded for ${task.name}: ${why} Choose a model that was made for this task.`,
    { cause: error },
  );
}
