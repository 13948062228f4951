import { HearthError } from '../protocol/errors.ts';
import { MAX_STORED_MODELS } from '../protocol/limits.ts';
import { type Directory, isDiskFull } from './directory.ts';
import { type ModelRecord, parseModelRecord } from './model-record.ts';

/** All records of a directory: in memory for reading, on disk for the next life. */
export class RecordBook {
  readonly #records = new Map<string, ModelRecord>();

  private constructor(private readonly directory: Directory) {}

  /** Reads the records and clears away what a crash left: bytes without a record and records without bytes. */
  static async open(directory: Directory): Promise<RecordBook> {
    const book = new RecordBook(directory);
    const sizes = new Map((await directory.list()).map((file) => [file.name, file.sizeBytes]));
    const leftovers = new Set(sizes.keys());

    for (const name of sizes.keys()) {
      if (!name.endsWith('.json')) continue;
      const record = parseModelRecord(await directory.readJson(name));
      if (!record || name !== recordName(record.id)) continue;
      const found = mended(record, sizes.get(record.file) ?? 0);
      if (!found) continue;
      book.#records.set(record.id, found);
      leftovers.delete(name);
      leftovers.delete(record.file);
    }
    // What is in use belongs to a worker that is about to end; the next start clears it
    for (const name of leftovers) await directory.remove(name).catch(() => {});
    return book;
  }

  get(id: string): ModelRecord | undefined {
    return this.#records.get(id);
  }

  list(): ModelRecord[] {
    return [...this.#records.values()];
  }

  mustHaveRoom(): void {
    if (this.#records.size >= MAX_STORED_MODELS)
      throw new HearthError(
        'quota',
        `Hearth keeps at most ${MAX_STORED_MODELS} models. Remove one on its options page first.`,
      );
  }

  /** On a full disk only memory is changed: what the disk still says is older, and true. */
  async put(record: ModelRecord): Promise<void> {
    // What could not be read back would be cleared away at the next start
    if (!parseModelRecord(record)) throw new Error(`The record of ${record.id} is not in order.`);
    this.#records.set(record.id, record);
    try {
      await this.directory.writeJson(recordName(record.id), record);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /** The record before the bytes: bytes alone are cleared away at the next start. */
  async delete(record: ModelRecord): Promise<void> {
    this.#records.delete(record.id);
    await this.directory.remove(recordName(record.id));
    await this.directory.remove(record.file);
  }
}

function recordName(id: string): string {
  return `${id}.json`;
}

/** The record as the bytes on disk bear it out; `undefined` if nothing is worth keeping. */
function mended(record: ModelRecord, fileBytes: number): ModelRecord | undefined {
  if (record.state === 'complete' && fileBytes === record.sizeBytes) return record;
  const savedBytes = Math.min(record.savedBytes, fileBytes);
  if (savedBytes === 0 || !record.url) return undefined;
  return { ...record, state: 'partial', savedBytes };
}
