// https://wicg.github.io/cross-origin-storage/, with Hearth's store behind it
import { MAX_FILE_CHUNK_BYTES } from '../protocol/limits.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import type { SharedFileCalls } from '../protocol/shared-files.ts';
import { checkKey, expose, key } from './built-in-ai/interface.ts';
import { engine } from './engine.ts';

interface Hash {
  algorithm: string;
  value: string;
}
interface Options {
  create?: boolean;
  origins?: string | string[];
}
type Chunk = BlobPart | { type: string; data?: BlobPart; position?: number; size?: number };

/** Codes of ours as the exceptions that the specification names. */
const NAMES: Record<string, string> = {
  'not-found': 'NotFoundError',
  'not-allowed': 'NotAllowedError',
  quota: 'QuotaExceededError',
};

async function ask<K extends keyof SharedFileCalls | 'shareFiles'>(
  name: K,
  input: PageCalls[K]['input'],
  badInput = 'TypeError',
): Promise<PageCalls[K]['output']> {
  try {
    return (await (await engine()).call(name, input as never)) as never;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    if (code === 'bad-input' && badInput === 'TypeError') throw new TypeError(message);
    throw new DOMException(message, code === 'bad-input' ? badInput : (NAMES[code] ?? 'InvalidStateError'));
  }
}

export class CrossOriginStorageManager {
  constructor(given: unknown) {
    checkKey(given);
  }

  async requestFileHandle(hash: Hash, options: Options = {}): Promise<object> {
    const { algorithm, value: sha256 } = Object(hash);
    if (!/^sha-256$/i.test(algorithm) || !/^[0-9a-f]{64}$/.test(sha256))
      throw new TypeError('A SHA-256 hash of 64 small hexadecimal digits is needed.');
    if (!options?.create) return handle(sha256, await ask('findFile', { sha256 }));
    const { origins = [] } = options;
    const readers = origins === '*' ? origins : [origins].flat();
    for (const reader of readers)
      if (readers !== '*' && !URL.canParse(reader)) throw new TypeError(`${reader} is no origin.`);
    await ask('shareFiles', undefined);
    return handle(sha256, undefined, readers);
  }

  /** The shape of earlier drafts, which some libraries still speak. */
  requestFileHandles(hashes: Hash[], options?: Options): Promise<object[]> {
    return Promise.all(hashes.map((hash) => this.requestFileHandle(hash, options)));
  }
}

/** As a FileSystemFileHandle, which no script can make. */
function handle(name: string, found: Blob | undefined, readers?: readonly string[] | '*') {
  let blob = found;
  const permission = async (wish: { mode?: string } = {}) =>
    wish.mode?.includes('write') && !readers ? 'denied' : 'granted';
  const self = {
    kind: 'file',
    name,
    async getFile() {
      if (!blob) throw new DOMException('This file has not been written yet.', 'NotAllowedError');
      return new File([blob], name, { lastModified: 0 });
    },
    async createWritable() {
      if (!readers)
        throw new DOMException(
          'Only a handle that was asked for with `create` can be written.',
          'NotAllowedError',
        );
      const { write } = await ask('beginFile', { sha256: name, readers });
      return writable(write, async () => {
        await ask('finishFile', { write }, 'DataError');
        blob = await ask('findFile', { sha256: name });
      });
    },
    isSameEntry: async (other: unknown) => Object(other).name === name,
    queryPermission: permission,
    requestPermission: permission,
  };
  return self;
}

/** As a FileSystemWritableFileStream. */
function writable(write: string, close: () => Promise<void>) {
  let position = 0;

  async function put(data: BlobPart, at = position): Promise<void> {
    const all = new Blob([data]);
    position = at;
    for (let done = 0; done < all.size; done += MAX_FILE_CHUNK_BYTES) {
      const bytes = await all.slice(done, done + MAX_FILE_CHUNK_BYTES).arrayBuffer();
      await ask('writeFile', { write, at: position, bytes });
      position += bytes.byteLength;
    }
  }

  async function take(chunk: Chunk): Promise<void> {
    if (typeof chunk !== 'object' || !('type' in chunk) || chunk instanceof Blob)
      return put(chunk as BlobPart);
    const { type, data, size } = chunk as { type: string; data?: BlobPart; position?: number; size?: number };
    if (type === 'write' && data != null) return put(data, chunk.position);
    if (type === 'seek' && chunk.position != null) position = chunk.position;
    else if (type === 'truncate' && size != null) {
      await ask('truncateFile', { write, sizeBytes: size });
      position = Math.min(position, size);
    } else throw new TypeError('This chunk cannot be written.');
  }

  const stream = new WritableStream<Chunk>({
    write: take,
    close,
    abort: () => ask('abortFile', { write }),
  });
  const through = async (chunk: Chunk) => {
    const writer = stream.getWriter();
    try {
      await writer.write(chunk);
    } finally {
      writer.releaseLock();
    }
  };
  return Object.assign(stream, {
    write: through,
    seek: (at: number) => through({ type: 'seek', position: at }),
    truncate: (size: number) => through({ type: 'truncate', size }),
  });
}

/** Where the browser has no such storage itself, ours. */
export function defineCrossOriginStorage(): void {
  if (!isSecureContext || 'crossOriginStorage' in navigator) return;
  let manager: CrossOriginStorageManager | undefined;
  expose('CrossOriginStorageManager', CrossOriginStorageManager);
  Object.defineProperty(Navigator.prototype, 'crossOriginStorage', {
    configurable: true,
    enumerable: true,
    get: () => (manager ??= new CrossOriginStorageManager(key)),
  });
}
