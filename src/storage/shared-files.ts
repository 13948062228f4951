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
import type { DiskRoom, Kept, Shelf } from './disk-room.ts';
import { mayRead, parseSharedFile, type SharedFileRecord } from './shared-file-record.ts';
import { bytesInWords } from '../protocol/bytes-in-words.ts';

const HASH_CHUNK_BYTES = 2 ** 20;

export interface SharedFilesOptions {
  directory: Directory;
  /** The user's limit, which models share. */
  room: DiskRoom;
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
  /** Calls on one write take turns; once one has failed, all that follow do. */
  queue: Promise<unknown>;
}

/**
 * Files that sites share by their SHA-256. What a site may know of is for `mayRead` to say; everything else is not there for
 * it, and what it stores counts against it in full, whether or not somebody had stored the same before.
 */
export class SharedFiles implements Shelf {
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
    options.room.add(files);
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
    return this.#resize(id, Math.max(write.sizeBytes, at + bytes.length), () => write.file.write(at, bytes));
  }

  truncate(origin: string, id: string, sizeBytes: number): Promise<void> {
    const write = this.#write(origin, id);
    return this.#resize(id, sizeBytes, () => write.file.truncate(sizeBytes));
  }

  async abort(origin: string, id: string): Promise<void> {
    const write = this.#write(origin, id);
    this.#writes.delete(id);
    await write.queue.catch(() => {});
    await this.#drop(write);
  }

  async finish(origin: string, id: string): Promise<void> {
    const write = this.#write(origin, id);
    // From here on nothing more can be written: what is hashed is what is kept
    this.#writes.delete(id);
    const { file, sha256, name, queue } = write;
    const { sizeBytes } = file;
    try {
      await queue;
      if ((await hashOf(file)) !== sha256)
        throw new HearthError(
          'bad-input',
          'What was written does not have the SHA-256 that was asked for. Nothing was kept: fetch the file again.',
        );
      if (!this.#records.has(sha256)) await this.#makeRoom(sizeBytes);
      await file.flush();
    } catch (error) {
      await this.#drop(write);
      throw error;
    }
    file.close();

    const known = this.#records.get(sha256);
    const { owners = [], readers = [], isForAll = false, isPinned = false } = known ?? {};
    const more = write.readers === '*' ? [] : write.readers;
    await this.#put({
      version: 1,
      sha256,
      file: known?.file ?? name,
      sizeBytes,
      owners: [...new Set([...owners, origin])],
      readers: [...new Set([...readers, ...more])].slice(0, MAX_SHARED_ORIGINS),
      isForAll: isForAll || write.readers === '*',
      isPinned,
      lastUsedAt: this.options.now(),
    });
    if (known) await this.options.directory.remove(name);
  }

  list(): readonly SharedFileRecord[] {
    return [...this.#records.values()];
  }

  kept(): Kept[] {
    const whole = this.list().map(({ sha256: id, sizeBytes, lastUsedAt, isPinned }) => ({
      id,
      sizeBytes,
      lastUsedAt,
      mayGo: !isPinned,
    }));
    const coming = [...this.#writes].map(([id, { sizeBytes }]) => ({
      id,
      sizeBytes,
      lastUsedAt: this.options.now(),
      mayGo: false,
    }));
    return [...whole, ...coming];
  }

  async pin(sha256: string, isPinned: boolean): Promise<void> {
    const record = this.#records.get(sha256);
    if (!record) throw new HearthError('not-found', 'This file is no longer here. Look at the list again.');
    await this.#put({ ...record, isPinned });
  }

  /** Takes back what `origin` has stored: files of which it was the only owner go, the others are no longer its. */
  async disown(origin: string): Promise<void> {
    for (const record of this.list()) {
      if (!record.owners.includes(origin)) continue;
      const owners = record.owners.filter((owner) => owner !== origin);
      if (owners.length > 0) await this.#put({ ...record, owners });
      else await this.remove(record.sha256);
    }
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

  /** Counts the bytes at once, so that calls under way cannot add up to more than may be. What fails for want of room is over. */
  async #resize(id: string, sizeBytes: number, act: () => Promise<void>): Promise<void> {
    const write = this.#writes.get(id)!;
    const rest = MAX_SHARED_BYTES_PER_ORIGIN - this.#bytesOf(write.origin);
    const isTooMuch = sizeBytes - write.sizeBytes > rest;
    write.sizeBytes = sizeBytes;
    const turn = write.queue.then(async () => {
      if (isTooMuch)
        throw quota(
          `This site may share ${bytesInWords(MAX_SHARED_BYTES_PER_ORIGIN)}, and ${bytesInWords(rest)} of that are left.`,
        );
      await this.#holdLimit();
      await act().catch((cause: unknown) => {
        throw isDiskFull(cause) ? quota('The disk has no room for this file.', cause) : cause;
      });
    });
    write.queue = turn;
    try {
      await turn;
    } catch (error) {
      if (this.#writes.delete(id)) await this.#drop(write);
      throw error;
    }
  }

  /** Under the user's limit sites make room at the cost of other such files, never of the user's models. */
  async #holdLimit(): Promise<void> {
    const { room } = this.options;
    await room.make(0, { from: this });
    if (room.isOver)
      throw quota(`The user lets Hearth take ${bytesInWords(room.capBytes)} of the disk, and that is taken.`);
  }

  async #drop({ file, name }: Write): Promise<void> {
    file.close();
    await this.options.directory.remove(name);
  }

  /** All that an origin has stored or is storing. */
  #bytesOf(origin: string): number {
    const stored = this.list().filter(({ owners }) => owners.includes(origin));
    const coming = [...this.#writes.values()].filter((write) => write.origin === origin);
    return [...stored, ...coming].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** What was not used for the longest time goes first; what is pinned stays. */
  async #makeRoom(sizeBytes: number): Promise<void> {
    const byUse = this.list().toSorted((a, b) => a.lastUsedAt - b.lastUsedAt);
    let usedBytes = byUse.reduce((sum, record) => sum + record.sizeBytes, sizeBytes);
    const isFull = () => usedBytes > MAX_SHARED_BYTES || this.#records.size >= MAX_SHARED_FILES;
    for (const record of byUse) {
      if (!isFull()) return;
      if (record.isPinned) continue;
      await this.remove(record.sha256);
      usedBytes -= record.sizeBytes;
    }
    if (isFull()) throw quota('Sites share as much as Hearth keeps, and the rest is pinned.');
  }

  async #put(record: SharedFileRecord): Promise<void> {
    this.#records.set(record.sha256, record);
    await this.options.directory.writeJson(recordName(record.sha256), record);
  }
}

function quota(what: string, cause?: unknown): HearthError {
  const advice = 'Nothing of this file was kept. The user can remove others under Files in Hearth’s options.';
  return new HearthError('quota', `${what} ${advice}`, { cause });
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
