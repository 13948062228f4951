/**
 * A flat folder of files that only Hearth sees. Names are safe already (`model-id.ts`).
 *
 * A full disk shows as the platform's `QuotaExceededError` from `write` and `writeJson`: `isDiskFull` knows it.
 */
export interface Directory {
  list(): Promise<FileEntry[]>;
  /** Any number of readers may have one file open. Fails with `not-found`, or with `busy` while it is written. */
  openForReading(name: string): Promise<ReadableFile>;
  /** Makes the file if there is none, keeps what is in it. Fails with `busy` while anybody else has it open. */
  openForWriting(name: string): Promise<WritableFile>;
  /** Nothing happens if there is no such file. Fails with `busy` while anybody has it open. */
  remove(name: string): Promise<void>;
  /** `undefined` if there is no such file or it holds no JSON. What it gives is a stranger's until parsed. */
  readJson(name: string): Promise<unknown>;
  /** All or nothing: after a crash the file holds the old value or the new one. For values of a few kilobytes. */
  writeJson(name: string, value: unknown): Promise<void>;
}

export interface FileEntry {
  name: string;
  sizeBytes: number;
}

export interface ReadableFile {
  readonly sizeBytes: number;
  /** A new array of `length` bytes, or fewer where the file ends. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `into` at once, as far as the file goes, and says how many bytes that was. Absent where reading has to wait. */
  readInto?(offset: number, into: Uint8Array): number;
  /** The file as a handle that other contexts can read from, good for as long as nobody writes to it. */
  readonly blob?: (() => Promise<Blob>) | undefined;
  close(): void;
}

export interface WritableFile extends ReadableFile {
  /** All of `bytes` or an error. Past the end of the file, zeros fill the gap. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Shorter, or longer with zeros. */
  truncate(sizeBytes: number): Promise<void>;
  /** Returns when what was written would outlive a loss of power. */
  flush(): Promise<void>;
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError';
}
