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
        return opened(await access(file, 'read-only'));
      }),

    openForWriting: (name) =>
      explained(name, async () => {
        const file = await folder.getFileHandle(name, { create: true });
        return opened(await access(file, 'readwrite'));
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

function opened(handle: SyncAccessHandle): WritableFile & ReadableFile {
  return {
    get sizeBytes() {
      return handle.getSize();
    },
    async read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, handle.getSize() - offset)));
      let done = 0;
      while (done < bytes.length) {
        const read = handle.read(bytes.subarray(done), { at: offset + done });
        if (read === 0)
          throw new HearthError('gone', 'The disk gave fewer bytes than the file has. Try again.');
        done += read;
      }
      return bytes;
    },
    async write(offset, bytes) {
      let done = 0;
      while (done < bytes.length) {
        const written = handle.write(bytes.subarray(done), { at: offset + done });
        // Chrome throws when the disk is full; others may write a part and say how much
        if (written === 0) throw new DOMException('The disk took no more bytes.', 'QuotaExceededError');
        done += written;
      }
    },
    async truncate(sizeBytes) {
      handle.truncate(sizeBytes);
    },
    async flush() {
      handle.flush();
    },
    close: () => handle.close(),
  };
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
