import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { HearthError } from '../protocol/errors.ts';
import type { ReadableFile } from './directory.ts';

/** A model's bytes, wherever they lie. */
export interface ModelSource extends ByteSource {
  /** Exactly `length` bytes from `offset`, in an array of the caller's own; fails with `bad-model` past the end. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): void;
}

export function fileSource(file: ReadableFile, partSizes?: readonly number[]): ModelSource {
  const size = file.sizeBytes;
  return {
    size,
    async read(offset, length) {
      mustLieWithin(size, offset, length);
      const bytes = await file.read(offset, length);
      mustLieWithin(offset + bytes.length, offset, length);
      return bytes;
    },
    readInto:
      file.readInto &&
      ((offset, into) => {
        mustLieWithin(size, offset, into.length);
        mustLieWithin(offset + file.readInto!(offset, into), offset, into.length);
      }),
    close: () => file.close(),
    blob: file.blob,
    partSizes,
  };
}

/** Files that the user dropped, or bytes that the browser holds. Nothing is read until it is asked for. */
export function blobSource(blob: Blob, partSizes?: readonly number[]): ModelSource {
  return {
    size: blob.size,
    async read(offset, length) {
      mustLieWithin(blob.size, offset, length);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
    close() {},
    blob: async () => blob,
    partSizes,
  };
}

/** A file that ships with the extension. Read once, and held by the browser outside the JavaScript heap. */
export async function fetchSource(url: string, fetch = globalThis.fetch): Promise<ModelSource> {
  let response: Response | undefined;
  let cause: unknown;
  try {
    response = await fetch(url);
  } catch (error) {
    cause = error;
  }
  if (!response?.ok) {
    const name = new URL(url).pathname.split('/').at(-1);
    throw new HearthError('not-found', `The packaged file ${name} is missing. Install Hearth again.`, {
      cause,
    });
  }
  return blobSource(await response.blob());
}

export function mustLieWithin(size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new HearthError(
    'bad-model',
    `The model file ends at byte ${size}, but bytes ${offset} to ${offset + length} were asked for. It is cut short or damaged: remove it and download it again.`,
  );
}
