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
  /** Where the part that is coming begins, and the hash's state there. */
  #part: { start: number; hash: Uint8Array } = { start: 0, hash: new Uint8Array(0) };
  #restarts = 0;
  #closed: { because: unknown } | undefined;
  readonly #readers = new Set<() => void>();

  private constructor(
    private readonly file: WritableFile,
    private readonly hash: IHasher,
  ) {
    hash.init();
    this.beginPart();
  }

  /** Goes on behind the first `keptBytes` of `file`, which are read and hashed again: what counts is what the disk holds. */
  static async open(
    file: WritableFile,
    keptBytes: number,
    options: {
      time: Time;
      signal: AbortSignal;
      onBytes: (sizeBytes: number) => void;
      /** Where the part begins that is coming; 0 if absent. */
      partStart?: number;
    },
  ): Promise<GrowingFile> {
    const { partStart = 0 } = options;
    const growing = new GrowingFile(file, await createSHA256());
    const end = Math.min(keptBytes, file.sizeBytes);
    if (end < file.sizeBytes) await file.truncate(end);
    while (growing.#sizeBytes < end) {
      const at = growing.#sizeBytes;
      const piece = await file.read(at, Math.min(PIECE_BYTES, (at < partStart ? partStart : end) - at));
      if (piece.length === 0) throw new HearthError('gone', 'The disk lost the end of the file. Try again.');
      growing.hash.update(piece);
      growing.#sizeBytes += piece.length;
      if (growing.#sizeBytes === partStart) growing.beginPart();
      options.onBytes(growing.#sizeBytes);
      // Lets the engine's steps and the cancelling through
      await options.time.wait(0, options.signal);
    }
    return growing;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Bytes of the part that is coming: of all, where the model is one file. */
  get partBytes(): number {
    return this.#sizeBytes - this.#part.start;
  }

  /** Where the part that is coming begins. */
  get partStart(): number {
    return this.#part.start;
  }

  /** What comes now is another file of the same model. */
  beginPart(): void {
    this.#part = { start: this.#sizeBytes, hash: this.hash.save() };
  }

  /** How often a part has begun anew. */
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

  /** Back to the part's beginning: it turned out to be another file. */
  async restart(): Promise<void> {
    const { start, hash } = this.#part;
    await this.file.truncate(start);
    this.hash.load(hash);
    this.#sizeBytes = start;
    this.#restarts++;
    this.#wake();
  }

  /** Back to nothing, with all parts. */
  async clear(): Promise<void> {
    this.hash.init();
    this.#part = { start: 0, hash: this.hash.save() };
    await this.restart();
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
  source(size: number, partSizes?: readonly number[]): ModelSource {
    const restarts = this.#restarts;
    const mustGoOn = () => {
      if (this.#closed) throw this.#closed.because;
      if (this.#restarts > restarts)
        throw new HearthError('gone', 'The file began anew while it was read. Read it again.');
    };
    return {
      size,
      partSizes,
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
