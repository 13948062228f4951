import { HearthError } from '../protocol/errors.ts';
import { MAX_MODEL_BYTES } from '../protocol/limits.ts';
import { isDiskFull } from './directory.ts';
import { diskFull } from './disk-space.ts';
import { checkStart, START_BYTES } from '../../models/gguf/check-start.ts';
import { GrowingFile } from './growing-file.ts';
import { modelIdOfFile, modelNameOf } from './model-id.ts';
import { longestUnused, type ModelRecord } from './model-record.ts';
import { blobSource } from './model-source.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { ArrivalOptions } from './store-options.ts';
import { cancelled } from './time.ts';

/** Who a file is that the catalogue knows. */
export type FileIdentity = Pick<ModelRecord, 'id' | 'name' | 'source' | 'url'>;

/** `model` in its progress is the file's name: its id is known when all of it has been read. */
export interface ImportOptions extends ArrivalOptions {
  /** The name of the copy. */
  file: string;
  /** Of the files of which `blob` is made, where they are several. */
  partSizes?: readonly number[] | undefined;
  identify(sha256: string): FileIdentity | undefined;
}

/** Copies a file that the user dropped. It is checked before, and nothing of it stays if the copy is not whole. */
export async function importModel(
  blob: Blob,
  fileName: string,
  options: ImportOptions,
): Promise<ModelRecord> {
  const { book, directory, file, time, signal } = options;
  const name = modelNameOf(fileName);
  const noRoom = async (cause?: unknown) =>
    diskFull({
      name,
      neededBytes: blob.size,
      freeBytes: await options.free(),
      oldest: longestUnused(book.list()),
      kept: undefined,
      cause,
    });

  if (blob.size > MAX_MODEL_BYTES)
    throw new HearthError(
      'bad-model',
      `${name} is larger than the ${MAX_MODEL_BYTES} bytes that a model may have.`,
    );
  const { partSizes = [blob.size] } = options;
  if (partSizes.reduce((sum, size) => sum + size, 0) !== blob.size)
    throw new HearthError('bad-input', `${name} does not measure what its parts do. Drop them again.`);
  checkStart(await readable(name, () => bytesOf(blob.slice(0, START_BYTES))), name);
  const facts = await options.check(blobSource(blob, options.partSizes));
  await options.makeRoom(blob.size);
  const free = await options.free();
  if (free !== undefined && blob.size > free) throw await noRoom();

  try {
    const sha256 = await copy();
    const identity = options.identify(sha256) ?? {
      id: modelIdOfFile(name, sha256),
      name,
      source: 'file' as const,
    };
    const known = book.get(identity.id);
    if (known?.state === 'complete') {
      await directory.remove(file);
      return known;
    }
    // A download of the same model had begun: the dropped file ends it
    if (known) await book.delete(known);
    const now = time.now();
    const record: ModelRecord = {
      version: 1,
      ...identity,
      file,
      state: 'complete',
      savedBytes: blob.size,
      sizeBytes: blob.size,
      parts: options.partSizes?.map((sizeBytes) => ({ sizeBytes })),
      sha256,
      facts,
      addedAt: now,
      lastUsedAt: now,
    };
    await book.put(record);
    return record;
  } catch (error) {
    await directory.remove(file);
    throw isDiskFull(error) ? await noRoom(error) : error;
  }

  /** Gives the SHA-256 of the copy. */
  async function copy(): Promise<string> {
    const disk = await directory.openForWriting(file);
    try {
      const meter = new ProgressMeter(name, time, options.send);
      const copied = await GrowingFile.open(disk, 0, { time, signal, onBytes: () => {} });
      const reader = blob.stream().getReader();
      for (;;) {
        if (signal.aborted) throw cancelled();
        const { done, value } = await readable(name, () => reader.read());
        if (done) break;
        await copied.append(value);
        meter.update('downloading', copied.sizeBytes, blob.size);
      }
      await copied.flush();
      return copied.sha256();
    } finally {
      disk.close();
    }
  }
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

async function readable<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new HearthError(
      'gone',
      `${name} can no longer be read: it was moved or changed since it was dropped. Drop it again.`,
      { cause },
    );
  }
}
