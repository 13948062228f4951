import { type Adapter, readAdapter } from '../../../models/adapters/read-adapter.ts';
import type { ByteSource } from '../../../models/gguf/header-bytes.ts';
import { readGguf } from '../../../models/gguf/read-gguf.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { ModelFile } from '../model-file.ts';
import type { Plan } from '../plan/plan.ts';
import type { AdapterUse } from '../schedule/sequence.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { type AdapterLayout, layOutAdapter } from './adapter-layout.ts';
import { LoadedAdapter } from './loaded-adapter.ts';

/** An adapter that fits the model and has not been loaded yet. */
export interface PreparedAdapter {
  adapter: Adapter;
  source: ByteSource;
  layout: AdapterLayout;
}

/** Where adapters lie and who computes with them. */
interface AdaptedStep {
  readonly gpu: Gpu;
  /** By key, in place of those before. */
  setAdapters(adapters: ReadonlyMap<string, LoadedAdapter>): Promise<void>;
}

interface Held extends PreparedAdapter {
  /** Unlike the id, never given to another adapter: texts in the cache are known by it. */
  key: string;
  loaded: LoadedAdapter;
  /** Its scale for who names no adapters. */
  standing: number;
}

/** The adapters that lie on the device beside one model, by their ids. */
export class Adapters {
  readonly #held = new Map<string, Held>();
  #count = 0;

  constructor(
    private readonly file: ModelFile,
    private readonly plan: Plan,
  ) {}

  /** On the device. */
  get bytes(): number {
    return [...this.#held.values()].reduce((sum, { layout }) => sum + layout.bytes, 0);
  }

  get ids(): string[] {
    return [...this.#held.keys()];
  }

  /** Reads an adapter's header. Fails with a sentence of what does not fit the model. */
  async prepare(source: ByteSource): Promise<PreparedAdapter> {
    const adapter = readAdapter(await readGguf(source), this.file);
    return { adapter, source, layout: layOutAdapter(adapter, this.plan) };
  }

  /** Loads it, in the place of the one that has its id. The model stays as it is. */
  async put(step: AdaptedStep, id: string, prepared: PreparedAdapter, standing: number): Promise<void> {
    const loaded = await LoadedAdapter.load(step.gpu, prepared.source, prepared.layout, this.plan);
    const before = this.#held.get(id);
    this.#held.set(id, { ...prepared, key: `${++this.#count}`, loaded, standing });
    try {
      await this.#tell(step);
    } catch (error) {
      if (before) this.#held.set(id, before);
      else this.#held.delete(id);
      loaded.destroy();
      throw error;
    }
    before?.loaded.destroy();
    await before?.source.close?.();
  }

  async remove(step: AdaptedStep, id: string): Promise<void> {
    const held = this.#held.get(id);
    if (!held) return;
    this.#held.delete(id);
    await this.#tell(step);
    held.loaded.destroy();
    await held.source.close?.();
  }

  /** All of them again, on a device that has taken the lost one's place. */
  async reload(step: AdaptedStep): Promise<void> {
    for (const { loaded } of this.#held.values()) loaded.destroy();
    for (const held of this.#held.values())
      held.loaded = await LoadedAdapter.load(step.gpu, held.source, held.layout, this.plan);
    if (this.#held.size > 0) await this.#tell(step);
  }

  /** As the steps know them; what stands where nobody names any. Fails with `not-found` if one is not loaded. */
  resolve(uses: readonly AdapterUse[] | undefined): AdapterUse[] {
    const wanted = uses ?? [...this.#held].map(([id, { standing }]) => ({ id, scale: standing }));
    return wanted.flatMap(({ id, scale }) => {
      const held = this.#held.get(id);
      if (!held)
        throw new HearthError('not-found', `The adapter ${JSON.stringify(id)} is not loaded. Load it first.`);
      return scale === 0 ? [] : [{ id: held.key, scale }];
    });
  }

  /** Whether one of these, resolved, is of this id. */
  isAmong(uses: readonly AdapterUse[], id: string): boolean {
    const key = this.#held.get(id)?.key;
    return uses.some((use) => use.id === key);
  }

  /** Frees everything, after the steps have ended. */
  async destroy(): Promise<void> {
    for (const { loaded, source } of this.#held.values()) {
      loaded.destroy();
      await source.close?.();
    }
    this.#held.clear();
  }

  #tell(step: AdaptedStep): Promise<void> {
    return step.setAdapters(new Map([...this.#held.values()].map(({ key, loaded }) => [key, loaded])));
  }
}
