import { createSHA256, type IHasher } from 'hash-wasm';
import { HearthError } from '../protocol/errors.ts';
import type { WritableFile } from './directory.ts';
import { type ModelSource, mustLieWithin } from './model-source.ts';
import type { Time } from './time.ts';

/** Bytes that are hashed in one go when a file is read again: some 10 ms, in which the engine waits. */
const PIECE_BYTES = 2 * 2 ** 20;
/** Bytes that are written in one go: browsers hand over up to some megabytes at once, and a full disk loses one piece. */
const WRITE_BYTES = 64 * 1024;

/** A model file that is still coming. Bytes go in at its end only, and each is hashed on its way to the disk. */
export class GrowingFile {
  #sizeBytes = 0;
  #restarts = 0;
  #closed: { because: unknown } | undefined;
  readonly #readers = new Set<() => void>();

  private constructor(
    private readonly file: WritableFile,
    private readonly hash: IHasher,
  ) {
    hash.init();
  }

  /** Goes on behind the first `keptBytes` of `file`, which are read and hashed again: what counts is what the disk holds. */
  static async open(
    file: WritableFile,
    keptBytes: number,
    options: { time: Time; signal: AbortSignal; onBytes: (sizeBytes: number) => void },
  ): Promise<GrowingFile> {
    const growing = new GrowingFile(file, await createSHA256());
    const end = Math.min(keptBytes, file.sizeBytes);
    if (end < file.sizeBytes) await file.truncate(end);
    while (growing.#sizeBytes < end) {
      const piece = await file.read(growing.#sizeBytes, Math.min(PIECE_BYTES, end - growing.#sizeBytes));
      if (piece.length === 0) throw new HearthError('gone', 'The disk lost the end of the file. Try again.');
      growing.hash.update(piece);
      growing.#sizeBytes += piece.length;
      options.onBytes(growing.#sizeBytes);
      // Lets the engine's steps and the cancelling through
      await options.time.wait(0, options.signal);
    }
    return growing;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** How often the file has begun anew. */
  get restarts(): number {
    return this.#restarts;
  }

  /** When the disk fails, as many whole pieces of `bytes` count as went in; the next `open` cuts off the rest. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      const piece = bytes.subarray(at, at + WRITE_BYTES);
      await this.file.write(this.#sizeBytes, piece);
      this.hash.update(piece);
      this.#sizeBytes += piece.length;
    }
    this.#wake();
  }

  /** Back to nothing: the file turned out to be another one. */
  async restart(): Promise<void> {
    await this.file.truncate(0);
    this.hash.init();
    this.#sizeBytes = 0;
    this.#restarts++;
    this.#wake();
  }

  /** Gives the last bytes back to the disk, when nothing more will come. */
  async shorten(bytes: number): Promise<void> {
    const sizeBytes = Math.max(0, this.#sizeBytes - bytes);
    await this.file.truncate(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  flush(): Promise<void> {
    return this.file.flush();
  }

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.file.read(offset, length);
  }

  /** Once, at the end. */
  sha256(): string {
    return this.hash.digest();
  }

  /** The whole file of `size` bytes before it is whole: a read waits until its bytes have come. */
  source(size: number): ModelSource {
    const restarts = this.#restarts;
    const mustGoOn = () => {
      if (this.#closed) throw this.#closed.because;
      if (this.#restarts > restarts)
        throw new HearthError('gone', 'The file began anew while it was read. Read it again.');
    };
    return {
      size,
      read: async (offset, length) => {
        mustLieWithin(size, offset, length);
        mustGoOn();
        while (this.#sizeBytes < offset + length) {
          await new Promise<void>((resolve) => this.#readers.add(resolve));
          mustGoOn();
        }
        return this.file.read(offset, length);
      },
      close() {},
    };
  }

  /** No more bytes will come: reads that wait for some fail with the reason. The file below stays open. */
  close(because: unknown): void {
    this.#closed = { because };
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#readers) resolve();
    this.#readers.clear();
  }
}
