import { HearthError } from '../protocol/errors.ts';
import type { Directory, FileEntry, ReadableFile, WritableFile } from './directory.ts';

/** A folder of the origin private file system. In a dedicated worker only: the handles below exist nowhere else. */
export async function openOpfsDirectory(name: string): Promise<Directory> {
  const root = await navigator.storage.getDirectory();
  return opfsDirectory(await root.getDirectoryHandle(name, { create: true }));
}

export function opfsDirectory(folder: FileSystemDirectoryHandle): Directory {
  return {
    async list() {
      const entries: FileEntry[] = [];
      for await (const entry of folder.values()) {
        if (isFile(entry)) entries.push({ name: entry.name, sizeBytes: (await entry.getFile()).size });
      }
      return entries;
    },

    openForReading: (name) =>
      explained(name, async () => {
        const file = await folder.getFileHandle(name);
        return opened(file, await access(file, 'read-only'));
      }),

    openForWriting: (name) =>
      explained(name, async () => {
        const file = await folder.getFileHandle(name, { create: true });
        return opened(file, await access(file, 'readwrite'));
      }),

    remove: (name) =>
      explained(name, async () => {
        try {
          await folder.removeEntry(name);
        } catch (error) {
          if (!isNamed(error, 'NotFoundError')) throw error;
        }
      }),

    async readJson(name) {
      try {
        const file = await (await folder.getFileHandle(name)).getFile();
        return JSON.parse(await file.text());
      } catch (error) {
        if (isNamed(error, 'NotFoundError') || error instanceof SyntaxError) return undefined;
        throw error;
      }
    },

    async writeJson(name, value) {
      const file = await folder.getFileHandle(name, { create: true });
      // The browser writes beside the file and swaps on `close`
      const stream = await file.createWritable();
      try {
        await stream.write(JSON.stringify(value));
        await stream.close();
      } catch (error) {
        await stream.abort().catch(() => {});
        throw error;
      }
    },
  };
}

function opened(file: FileSystemFileHandle, handle: SyncAccessHandle): WritableFile & ReadableFile {
  return {
    blob: () => file.getFile(),
    get sizeBytes() {
      return handle.getSize();
    },
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const done = readInto(handle, offset, bytes);
      return done < length ? bytes.slice(0, done) : bytes;
    },
    readInto: (offset, into) => readInto(handle, offset, into),
    async write(offset, bytes) {
      for (let done = 0; done < bytes.length; ) {
        const rest = bytes.subarray(done);
        done += moved(handle.write(rest, { at: offset + done }), rest.length);
      }
    },
    async truncate(sizeBytes) {
      handle.truncate(sizeBytes);
      // Chrome says nothing when there is no room to lengthen the file
      if (handle.getSize() !== sizeBytes) throw diskFull();
    },
    async flush() {
      handle.flush();
    },
    close: () => handle.close(),
  };
}

/** Does not ask for the file's size: that costs as much as reading 64 KB. */
function readInto(handle: SyncAccessHandle, offset: number, into: Uint8Array): number {
  for (let done = 0; done < into.length; ) {
    const rest = into.subarray(done);
    const read = handle.read(rest, { at: offset + done });
    if (read === 0) return done;
    done += moved(read, rest.length);
  }
  return into.length;
}

/** Chromium's `base::File::FILE_ERROR_NO_SPACE`. */
const NO_SPACE = -8;

/**
 * Bytes that a read or write has moved. Chrome does not throw when it fails: it gives a negative error code
 * that has become unsigned on its way (4294967288 on a full disk, in Chromium 156).
 */
function moved(result: number, wanted: number): number {
  if (result > 0 && result <= wanted) return result;
  if (result === 0 || (result | 0) === NO_SPACE) throw diskFull();
  throw new HearthError(
    'gone',
    `The disk failed (error ${result | 0}). Try again, and check the disk if it fails again.`,
  );
}

function diskFull(): DOMException {
  return new DOMException('The disk took no more bytes.', 'QuotaExceededError');
}

function access(file: FileSystemFileHandle, mode: 'read-only' | 'readwrite'): Promise<SyncAccessHandle> {
  return (file as WorkerFileHandle).createSyncAccessHandle({ mode });
}

async function explained<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isNamed(error, 'NotFoundError'))
      throw new HearthError('not-found', `There is no file ${name} on this disk.`, { cause: error });
    if (isNamed(error, 'NoModificationAllowedError'))
      throw new HearthError('busy', `The file ${name} is in use. Try again when it is free.`, {
        cause: error,
      });
    throw error;
  }
}

function isFile(entry: FileSystemHandle): entry is FileSystemFileHandle {
  return entry.kind === 'file';
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** What TypeScript's DOM library leaves to its worker library; `mode` is in Chrome since 121. */
interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(options: { mode: 'read-only' | 'readwrite' }): Promise<SyncAccessHandle>;
}

interface SyncAccessHandle {
  getSize(): number;
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(sizeBytes: number): void;
  flush(): void;
  close(): void;
}
