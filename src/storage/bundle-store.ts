import * as v from 'valibot';
import { createSHA256 } from 'hash-wasm';
import { HearthError } from '../protocol/errors.ts';
import { MAX_BUNDLE_FILES, MAX_BUNDLE_JSON_BYTES, MAX_BUNDLES } from '../protocol/limits.ts';
import type { DownloadProgress } from '../protocol/models.ts';
import { type BundleFile, BundlePath, type BundleRecord, parseBundleRecord } from './bundle-record.ts';
import { type Directory, isDiskFull } from './directory.ts';
import { diskFull, type Estimate, freeBytes } from './disk-space.ts';
import { fetchInto } from './fetch-into.ts';
import { GrowingFile } from './growing-file.ts';
import type { HubFile, HubRepo } from './hub-repo.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { Time } from './time.ts';

export interface BundleStoreOptions {
  directory: Directory;
  time: Time;
  fetch: typeof fetch;
  estimate: Estimate;
  isOnline(): boolean;
}

interface Arriving {
  signal: AbortSignal;
  onProgress(progress: DownloadProgress): void;
}

const PIECE_BYTES = 2 ** 20;

/**
 * Models of several files. Each file lies under its SHA-256, so that bundles share what they have in common; a record
 * for each bundle names its files by their paths. One store per disk: it belongs to the engine worker.
 */
export class BundleStore {
  readonly #records = new Map<string, BundleRecord>();
  /** Changes follow one another: two bundles may want the same file. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(private readonly options: BundleStoreOptions) {}

  /** Reads the records, and clears away what belongs to none. */
  static async open(options: BundleStoreOptions): Promise<BundleStore> {
    const store = new BundleStore(options);
    const { directory } = options;
    const sizes = new Map((await directory.list()).map(({ name, sizeBytes }) => [name, sizeBytes]));
    for (const name of sizes.keys()) {
      const record = name.endsWith('.json') ? parseBundleRecord(await directory.readJson(name)) : undefined;
      if (!record || (await recordName(record.id)) !== name) continue;
      const files = record.files.map((file) => ({
        ...file,
        isWhole: file.isWhole && sizes.get(fileName(file)) === file.sizeBytes,
      }));
      store.#records.set(record.id, { ...record, files });
    }
    const kept = await store.#names();
    // What is in use belongs to a worker that is about to end; the next start clears it
    for (const name of sizes.keys()) if (!kept.has(name)) await directory.remove(name).catch(() => {});
    return store;
  }

  list(): BundleRecord[] {
    return [...this.#records.values()];
  }

  get(id: string): BundleRecord | undefined {
    return this.#records.get(id);
  }

  /** A file's bytes; undefined if the bundle has none of that path, or not all of it. */
  async read(id: string, path: string): Promise<Blob | undefined> {
    const file = this.#records.get(id)?.files.find((one) => one.path === path && one.isWhole);
    if (!file) return undefined;
    const open = await this.options.directory.openForReading(fileName(file));
    try {
      return (await open.blob?.()) ?? new Blob([await open.read(0, open.sizeBytes)]);
    } finally {
      open.close();
    }
  }

  async used(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (record) await this.#put({ ...record, lastUsedAt: this.options.time.now() });
  }

  /** Downloads those of a repository's files that are not here. What came of one before it failed is kept. */
  download(repo: HubRepo, files: HubFile[], arriving: Arriving): Promise<void> {
    return this.#change(async () => {
      const meter = new ProgressMeter(repo.id, this.options.time, arriving.onProgress);
      const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
      await this.#mustHaveRoom(repo.id, sizeBytes);
      let done = 0;
      for (const file of files) {
        const at = done;
        const onBytes = (bytes: number) => meter.update('downloading', at + bytes, sizeBytes);
        const here = this.#records.get(repo.id)?.files.find(({ path }) => path === file.path);
        const isSame = here?.isWhole && here.sha256 === (file.sha256 ?? here.sha256);
        if (!isSame || this.#records.get(repo.id)?.revision !== repo.revision)
          await this.#fetch(repo, file, arriving.signal, onBytes);
        done += file.sizeBytes;
        meter.update('downloading', done, sizeBytes);
      }
    });
  }

  /** Copies a dropped folder's files. The id is the same for the same files under the same name, whatever else differs. */
  import(name: string, files: { path: string; file: Blob }[], arriving: Arriving): Promise<string> {
    return this.#change(async () => {
      const { signal } = arriving;
      const odd = files.find(({ path }) => !v.is(BundlePath, path));
      if (odd)
        throw new HearthError(
          'bad-input',
          `The name ${JSON.stringify(odd.path.slice(0, 80))} is none that a model's file may have. Rename it, or leave it out.`,
        );
      const hashes: string[] = [];
      for (const { file } of files) hashes.push(await hashOf(file, signal));
      const id = await folderId(
        name,
        files.map(({ path }, i) => `${path} ${hashes[i]}`),
      );
      const sizeBytes = files.reduce((sum, { file }) => sum + file.size, 0);
      await this.#mustHaveRoom(id, sizeBytes);
      const meter = new ProgressMeter(id, this.options.time, arriving.onProgress);
      let done = 0;
      for (const [i, { path, file }] of files.entries()) {
        const sha256 = hashes[i]!;
        try {
          await this.#copy(file, `${sha256}.bin`, signal, (bytes) =>
            meter.update('verifying', done + bytes, sizeBytes),
          );
        } catch (error) {
          throw isDiskFull(error) ? await this.#full(id, sizeBytes, error) : error;
        }
        done += file.size;
        await this.#add(id, { source: 'folder' }, { path, sizeBytes: file.size, sha256, isWhole: true });
      }
      meter.update('verifying', sizeBytes, sizeBytes);
      return id;
    });
  }

  remove(id: string): Promise<void> {
    return this.#change(async () => {
      const record = this.#records.get(id);
      if (!record) return;
      this.#records.delete(id);
      await this.options.directory.remove(await recordName(id));
      const kept = await this.#names();
      for (const file of record.files)
        if (!kept.has(fileName(file))) await this.options.directory.remove(fileName(file));
    });
  }

  async #fetch(
    repo: HubRepo,
    file: HubFile,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const { directory, time } = this.options;
    // Without a promised hash the file has no name yet: such files are small, and begin anew
    const name = file.sha256 ? `${file.sha256}.bin` : 'incoming.bin';
    if (!file.sha256 && file.sizeBytes > MAX_BUNDLE_JSON_BYTES)
      throw new HearthError(
        'bad-model',
        `${file.path} has no hash on the hub, and is too large to be taken without.`,
      );
    if (!file.sha256) await directory.remove(name);
    const facts = { source: 'hub', revision: repo.revision, licence: repo.licence } as const;
    if (file.sha256) await this.#add(repo.id, facts, { ...file, sha256: file.sha256, isWhole: false });
    const disk = await directory.openForWriting(name);
    try {
      const growing = await GrowingFile.open(disk, disk.sizeBytes, { time, signal, onBytes });
      if (growing.sizeBytes < file.sizeBytes)
        await fetchInto(growing, {
          ...this.options,
          url: repo.urlOf(file.path),
          remote: growing.sizeBytes > 0 ? { sizeBytes: file.sizeBytes } : undefined,
          expectedBytes: file.sizeBytes,
          isVerifiable: file.sha256 !== undefined,
          isModelFile: false,
          signal,
          onAnswer: async () => {},
          onBytes: async () => onBytes(growing.sizeBytes),
        });
      await growing.flush();
      const sha256 = growing.sha256();
      if (file.sha256 && sha256 !== file.sha256) {
        await disk.truncate(0);
        throw new HearthError(
          'bad-model',
          `${file.path} is not the file that the hub lists: its SHA-256 is another one. Try again later.`,
        );
      }
      if (!file.sha256)
        await this.#copy(
          new Blob([await disk.read(0, growing.sizeBytes)]),
          `${sha256}.bin`,
          signal,
          () => {},
        );
      await this.#add(repo.id, facts, {
        path: file.path,
        sizeBytes: growing.sizeBytes,
        sha256,
        isWhole: true,
      });
    } catch (error) {
      throw isDiskFull(error) ? await this.#full(repo.id, file.sizeBytes, error) : error;
    } finally {
      disk.close();
      if (!file.sha256) await directory.remove(name);
    }
  }

  async #copy(
    from: Blob,
    name: string,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const disk = await this.options.directory.openForWriting(name);
    try {
      for (let at = 0; at < from.size; at += PIECE_BYTES) {
        signal.throwIfAborted();
        await disk.write(at, new Uint8Array(await from.slice(at, at + PIECE_BYTES).arrayBuffer()));
        onBytes(at);
      }
      await disk.flush();
    } finally {
      disk.close();
    }
  }

  async #add(id: string, facts: Partial<BundleRecord>, file: BundleFile): Promise<void> {
    const now = this.options.time.now();
    const { files, ...record } = this.#records.get(id) ?? {
      version: 1 as const,
      id,
      source: 'hub' as const,
      files: [],
      addedAt: now,
      lastUsedAt: now,
    };
    const others = files.filter(({ path }) => path !== file.path);
    await this.#put({ ...record, ...facts, files: [...others, file] });
  }

  async #put(record: BundleRecord): Promise<void> {
    if (record.files.length > MAX_BUNDLE_FILES)
      throw new HearthError('quota', `A model may have at most ${MAX_BUNDLE_FILES} files.`);
    if (!parseBundleRecord(record)) throw new Error(`The record of ${record.id} is not in order.`);
    this.#records.set(record.id, record);
    await this.options.directory.writeJson(await recordName(record.id), record);
  }

  async #mustHaveRoom(id: string, sizeBytes: number): Promise<void> {
    if (!this.#records.has(id) && this.#records.size >= MAX_BUNDLES)
      throw new HearthError(
        'quota',
        `Hearth keeps at most ${MAX_BUNDLES} such models. Remove one in the options first.`,
      );
    const free = await freeBytes(this.options.estimate);
    if (free !== undefined && free < sizeBytes) throw await this.#full(id, sizeBytes);
  }

  async #full(name: string, neededBytes: number, cause?: unknown): Promise<HearthError> {
    const free = await freeBytes(this.options.estimate);
    return diskFull({ name, neededBytes, freeBytes: free, oldest: undefined, kept: undefined, cause });
  }

  /** Files in the folder that a record stands for. */
  async #names(): Promise<Set<string>> {
    const records = [...this.#records.values()];
    const names = await Promise.all(records.map(({ id }) => recordName(id)));
    return new Set([...names, ...records.flatMap(({ files }) => files.map(fileName))]);
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }
}

function fileName({ sha256 }: BundleFile): string {
  return `${sha256}.bin`;
}

/** Ids have capitals and slashes, which not every disk tells apart or takes. */
async function recordName(id: string): Promise<string> {
  return `${(await createSHA256()).init().update(id).digest().slice(0, 32)}.json`;
}

/** `my-folder-1f0c9a2b` */
async function folderId(name: string, files: string[]): Promise<string> {
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'folder';
  const digest = (await createSHA256()).init().update(files.sort().join('\n')).digest();
  return `${slug}-${digest.slice(0, 8)}`;
}

async function hashOf(file: Blob, signal: AbortSignal): Promise<string> {
  const hash = (await createSHA256()).init();
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    signal.throwIfAborted();
    hash.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
  }
  return hash.digest();
}
