import { createSHA256 } from 'hash-wasm';
import { HearthError } from '../protocol/errors.ts';
import {
  MAX_SHARED_BYTES,
  MAX_SHARED_BYTES_PER_ORIGIN,
  MAX_SHARED_FILES,
  MAX_SHARED_ORIGINS,
  MAX_SHARED_WRITES,
} from '../protocol/limits.ts';
import { type Directory, isDiskFull, type WritableFile } from './directory.ts';
import { mayRead, parseSharedFile, type SharedFileRecord } from './shared-file-record.ts';
import { bytesInWords } from './words.ts';

const HASH_CHUNK_BYTES = 2 ** 20;

export interface SharedFilesOptions {
  directory: Directory;
  now(): number;
  newId(): string;
}

/** A file on its way in: nobody sees it before its bytes have been found to have its hash. */
interface Write {
  origin: string;
  sha256: string;
  readers: readonly string[] | '*';
  name: string;
  file: WritableFile;
  /** What it will measure, writes under way included. */
  sizeBytes: number;
  /** Calls on one write take turns. */
  queue: Promise<unknown>;
}

/**
 * Files that sites share by their SHA-256. What a site may know of is for `mayRead` to say; everything else is not there for
 * it, and what it stores counts against it in full, whether or not somebody had stored the same before.
 */
export class SharedFiles {
  readonly #records = new Map<string, SharedFileRecord>();
  readonly #writes = new Map<string, Write>();

  private constructor(private readonly options: SharedFilesOptions) {}

  /** Reads the records and clears away what a crash left. */
  static async open(options: SharedFilesOptions): Promise<SharedFiles> {
    const files = new SharedFiles(options);
    const { directory } = options;
    const sizes = new Map((await directory.list()).map(({ name, sizeBytes }) => [name, sizeBytes]));
    const leftovers = new Set(sizes.keys());
    for (const name of sizes.keys()) {
      if (!name.endsWith('.json')) continue;
      const record = parseSharedFile(await directory.readJson(name));
      if (!record || name !== recordName(record.sha256) || sizes.get(record.file) !== record.sizeBytes)
        continue;
      files.#records.set(record.sha256, record);
      leftovers.delete(name);
      leftovers.delete(record.file);
    }
    for (const name of leftovers) await directory.remove(name).catch(() => {});
    return files;
  }

  /** The bytes, if `origin` may know of them. Whether others are writing them it may not. */
  async find(origin: string, sha256: string): Promise<Blob | undefined> {
    const record = this.#records.get(sha256);
    if (!record || !mayRead(record, origin)) return undefined;
    const file = await this.options.directory.openForReading(record.file);
    try {
      const blob = (await file.blob?.()) ?? new Blob([await file.read(0, file.sizeBytes)]);
      await this.#put({ ...record, lastUsedAt: this.options.now() });
      // A slice has neither the name nor the date of the file
      return blob.slice(0, blob.size);
    } finally {
      file.close();
    }
  }

  async begin(origin: string, sha256: string, readers: readonly string[] | '*'): Promise<string> {
    const mine = [...this.#writes.values()].filter((write) => write.origin === origin);
    if (mine.length >= MAX_SHARED_WRITES)
      throw new HearthError(
        'busy',
        `This site is writing ${MAX_SHARED_WRITES} shared files: close or abort one before the next.`,
      );
    const id = this.options.newId();
    const name = `${id}.bin`;
    const file = await this.options.directory.openForWriting(name);
    this.#writes.set(id, { origin, sha256, readers, name, file, sizeBytes: 0, queue: Promise.resolve() });
    return id;
  }

  write(origin: string, id: string, at: number, bytes: Uint8Array): Promise<void> {
    const write = this.#write(origin, id);
    return this.#resize(write, Math.max(write.sizeBytes, at + bytes.length), () =>
      write.file.write(at, bytes),
    );
  }

  truncate(origin: string, id: string, sizeBytes: number): Promise<void> {
    const write = this.#write(origin, id);
    return this.#resize(write, sizeBytes, () => write.file.truncate(sizeBytes));
  }

  async abort(origin: string, id: string): Promise<void> {
    const { queue, file, name } = this.#write(origin, id);
    this.#writes.delete(id);
    await queue;
    file.close();
    await this.options.directory.remove(name);
  }

  async finish(origin: string, id: string): Promise<void> {
    const write = this.#write(origin, id);
    // From here on nothing more can be written: what is hashed is what is kept
    this.#writes.delete(id);
    await write.queue;
    const { file, sha256, name } = write;
    const { sizeBytes } = file;
    if ((await hashOf(file)) !== sha256) {
      file.close();
      await this.options.directory.remove(name);
      throw new HearthError(
        'bad-input',
        'What was written does not have the SHA-256 that was asked for. Nothing was kept: fetch the file again.',
      );
    }
    await file.flush();
    file.close();
    await this.#makeRoom(sizeBytes);

    const known = this.#records.get(sha256);
    const { owners = [], readers = [], isForAll = false } = known ?? {};
    const more = write.readers === '*' ? [] : write.readers;
    await this.#put({
      version: 1,
      sha256,
      file: known?.file ?? name,
      sizeBytes,
      owners: [...new Set([...owners, origin])],
      readers: [...new Set([...readers, ...more])].slice(0, MAX_SHARED_ORIGINS),
      isForAll: isForAll || write.readers === '*',
      lastUsedAt: this.options.now(),
    });
    if (known) await this.options.directory.remove(name);
  }

  list(): readonly SharedFileRecord[] {
    return [...this.#records.values()];
  }

  async remove(sha256: string): Promise<void> {
    const record = this.#records.get(sha256);
    if (!record) return;
    this.#records.delete(sha256);
    await this.options.directory.remove(recordName(sha256));
    await this.options.directory.remove(record.file);
  }

  #write(origin: string, id: string): Write {
    const write = this.#writes.get(id);
    if (write?.origin === origin) return write;
    throw new HearthError('not-found', 'This write is over, or was begun by nobody. Ask for a new handle.');
  }

  async #resize(write: Write, sizeBytes: number, act: () => Promise<void>): Promise<void> {
    const before = write.sizeBytes;
    const rest = MAX_SHARED_BYTES_PER_ORIGIN - this.#bytesOf(write.origin);
    if (sizeBytes - before > rest)
      throw new HearthError(
        'quota',
        `This site may share ${bytesInWords(MAX_SHARED_BYTES_PER_ORIGIN)}, and ${bytesInWords(rest)} of that are left. Remove files of its on Hearth’s options page.`,
      );
    write.sizeBytes = sizeBytes;
    const turn = write.queue.then(act);
    write.queue = turn.catch(() => {});
    try {
      await turn;
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause;
      throw new HearthError(
        'quota',
        'The disk has no room for this file. Free space on it, then try again.',
        { cause },
      );
    }
  }

  /** All that an origin has stored or is storing. */
  #bytesOf(origin: string): number {
    const stored = this.list().filter(({ owners }) => owners.includes(origin));
    const coming = [...this.#writes.values()].filter((write) => write.origin === origin);
    return [...stored, ...coming].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** What was not used for the longest time goes first. */
  async #makeRoom(sizeBytes: number): Promise<void> {
    const byUse = this.list().toSorted((a, b) => a.lastUsedAt - b.lastUsedAt);
    let usedBytes = byUse.reduce((sum, record) => sum + record.sizeBytes, sizeBytes);
    for (const record of byUse) {
      if (usedBytes <= MAX_SHARED_BYTES && this.#records.size < MAX_SHARED_FILES) return;
      await this.remove(record.sha256);
      usedBytes -= record.sizeBytes;
    }
  }

  async #put(record: SharedFileRecord): Promise<void> {
    this.#records.set(record.sha256, record);
    await this.options.directory.writeJson(recordName(record.sha256), record);
  }
}

function recordName(sha256: string): string {
  return `${sha256}.json`;
}

async function hashOf(file: WritableFile): Promise<string> {
  const hash = (await createSHA256()).init();
  for (let at = 0; at < file.sizeBytes; at += HASH_CHUNK_BYTES)
    hash.update(await file.read(at, HASH_CHUNK_BYTES));
  return hash.digest();
}
