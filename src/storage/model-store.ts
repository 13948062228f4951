import { HearthError } from '../protocol/errors.ts';
import type { DownloadProgress } from '../protocol/models.ts';
import { freeBytes } from './disk-space.ts';
import { type DownloadRequest, downloadModel } from './download-model.ts';
import type { Kept } from './disk-room.ts';
import { withAccess } from './hub-access.ts';
import { type FileIdentity, importModel } from './import-model.ts';
import { type ModelRecord, sizesOf } from './model-record.ts';
import { fileSource, type ModelSource } from './model-source.ts';
import { RecordBook } from './record-book.ts';
import { SharedJob } from './shared-job.ts';
import type { StoreOptions } from './store-options.ts';

export interface StoredModel extends Omit<ModelRecord, 'state'> {
  state: 'downloading' | 'paused' | 'ready';
  storedBytes: number;
}

export interface Following {
  signal: AbortSignal;
  onProgress(progress: DownloadProgress): void;
}

/** The models on this machine's disk. One store per disk: it belongs to the engine worker. */
export class ModelStore {
  readonly #jobs = new Map<string, RunningDownload>();
  readonly #readers = new Map<string, number>();
  /** Pages that name no model are answered by this one. */
  #needed = '';
  #imports = 0;

  private constructor(
    private readonly options: StoreOptions,
    private readonly book: RecordBook,
  ) {
    options.room.add({
      kept: () => book.list().map((record) => this.#kept(record)),
      remove: (id) => book.delete(book.get(id)!),
    });
  }

  static async open(options: StoreOptions): Promise<ModelStore> {
    return new ModelStore(options, await RecordBook.open(options.directory));
  }

  list(): StoredModel[] {
    return this.book.list().map((record) => this.#stored(record));
  }

  get(id: string): StoredModel | undefined {
    const record = this.book.get(id);
    return record && this.#stored(record);
  }

  /** Any number at once. A model that is open is not removed. */
  async open(id: string): Promise<ModelSource> {
    const record = this.book.get(id);
    if (record?.state !== 'complete')
      throw new HearthError('not-found', `The model ${id} is not on this disk. Download it first.`);
    this.#count(id, 1);
    try {
      const file = await this.options.directory.openForReading(record.file);
      const source = fileSource(file, sizesOf(record.parts));
      await this.book.put({ ...record, lastUsedAt: this.options.time.now() });
      let isOpen = true;
      const close = () => {
        if (!isOpen) return;
        isOpen = false;
        source.close();
        this.#count(id, -1);
      };
      return { ...source, close };
    } catch (error) {
      this.#count(id, -1);
      throw error;
    }
  }

  /** Starts, goes on with, or joins the download of one model. It pauses when the last follower's signal is aborted. */
  async download(request: DownloadRequest, { signal, onProgress }: Following): Promise<StoredModel> {
    for (;;) {
      const running = this.#jobs.get(request.id);
      if (!running) break;
      if (!running.job.isStopping) return this.#stored(await running.job.follow(signal, onProgress));
      await running.job.over();
    }
    const done = this.book.get(request.id);
    if (done?.state === 'complete') return this.#stored(done);
    if (!done) this.book.mustHaveRoom();

    const running: RunningDownload = {
      receivedBytes: done?.savedBytes ?? 0,
      sizeBytes: request.sizeBytes ?? done?.sizeBytes,
      job: new SharedJob((stop, send) =>
        downloadModel(request, {
          ...this.options,
          fetch: withAccess(this.options.fetch, request.access),
          book: this.book,
          signal: stop,
          send,
          onSize: (receivedBytes, sizeBytes) => Object.assign(running, { receivedBytes, sizeBytes }),
          makeRoom: (sizeBytes) => this.options.room.make(sizeBytes, { id: request.id }),
          free: () => this.#free(request.id),
        }).finally(() => this.#jobs.delete(request.id)),
      ),
    };
    this.#jobs.set(request.id, running);
    return this.#stored(await running.job.follow(signal, onProgress));
  }

  /** Copies a dropped file, or several as one. `identify` may know it by its SHA-256 as a model of the catalogue. */
  async importFile(
    file: Blob,
    name: string,
    {
      signal,
      onProgress,
      identify,
      partSizes,
    }: Following & {
      identify?(sha256: string): FileIdentity | undefined;
      /** Of the files of which `file` is made, where they are several. */
      partSizes?: readonly number[] | undefined;
    },
  ): Promise<StoredModel> {
    this.book.mustHaveRoom();
    const record = await importModel(file, name, {
      ...this.options,
      book: this.book,
      // No record has this name yet: what a crash leaves of it is cleared at the next start
      file: `import-${this.options.time.now()}-${++this.#imports}.gguf`,
      signal,
      send: onProgress,
      partSizes,
      identify: (sha256) => {
        const identity = identify?.(sha256);
        return identity && !this.#jobs.has(identity.id) ? identity : undefined;
      },
      makeRoom: (sizeBytes) => this.options.room.make(sizeBytes),
      free: () => this.#free(),
    });
    return this.#stored(record);
  }

  /** The user's limit on the disk, and a model that is never removed for it. What is over the limit goes now. */
  async limit({ capBytes, needed }: { capBytes: number; needed: string }): Promise<void> {
    this.#needed = needed;
    this.options.room.capBytes = capBytes;
    await this.options.room.hold();
  }

  async pin(id: string, isPinned: boolean): Promise<void> {
    const record = this.book.get(id);
    if (record?.state !== 'complete')
      throw new HearthError('not-found', `The model ${id} is not on this disk. Download it first.`);
    await this.book.put({ ...record, isPinned });
  }

  /** A download of it is stopped. Fails with `busy` while the model is open. */
  async remove(id: string): Promise<void> {
    const running = this.#jobs.get(id);
    running?.job.stop();
    await running?.job.over();
    const record = this.book.get(id);
    if (!record) return;
    if (this.#readers.has(id))
      throw new HearthError('busy', `${record.name} is loaded. Unload it first, then remove it.`);
    await this.book.delete(record);
  }

  /** Free bytes less what the downloads under way, but for `id`, still have to write. */
  async #free(id?: string): Promise<number | undefined> {
    const onDisk = await freeBytes(this.options.estimate);
    const own = this.book.get(id ?? '')?.savedBytes ?? 0;
    const underCap = Math.max(0, this.options.room.freeBytes(id) - own);
    if (onDisk === undefined && underCap === Number.POSITIVE_INFINITY) return undefined;
    const free = Math.min(onDisk ?? underCap, underCap);
    const others = [...this.#jobs].filter(([other]) => other !== id);
    return Math.max(
      0,
      others.reduce(
        (rest, [, { receivedBytes, sizeBytes }]) => rest - ((sizeBytes ?? 0) - receivedBytes),
        free,
      ),
    );
  }

  /** What is on its way counts with all that it will take. */
  #kept({ id, state, savedBytes, sizeBytes = 0, lastUsedAt, isPinned }: ModelRecord): Kept {
    const isInUse = this.#readers.has(id) || this.#jobs.has(id);
    return {
      id,
      sizeBytes: isInUse ? Math.max(savedBytes, sizeBytes) : savedBytes,
      lastUsedAt,
      mayGo: state === 'complete' && id !== this.#needed && !isPinned && !isInUse,
    };
  }

  #stored({ state, ...record }: ModelRecord): StoredModel {
    if (state === 'complete') return { ...record, state: 'ready', storedBytes: record.savedBytes };
    const running = this.#jobs.get(record.id);
    return running
      ? { ...record, state: 'downloading', storedBytes: running.receivedBytes }
      : { ...record, state: 'paused', storedBytes: record.savedBytes };
  }

  #count(id: string, change: 1 | -1): void {
    const readers = (this.#readers.get(id) ?? 0) + change;
    if (readers > 0) this.#readers.set(id, readers);
    else this.#readers.delete(id);
  }
}

interface RunningDownload {
  job: SharedJob<DownloadProgress, ModelRecord>;
  receivedBytes: number;
  sizeBytes: number | undefined;
}
