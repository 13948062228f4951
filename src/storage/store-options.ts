import type { DownloadProgress } from '../protocol/models.ts';
import type { Directory } from './directory.ts';
import type { DiskRoom } from './disk-room.ts';
import type { Estimate } from './disk-space.ts';
import type { ModelFacts } from './model-record.ts';
import type { ModelSource } from './model-source.ts';
import type { RecordBook } from './record-book.ts';
import type { Time } from './time.ts';

/** What the model store stands on. */
export interface StoreOptions {
  directory: Directory;
  /** The user's limit, which other stores may share. */
  room: DiskRoom;
  time: Time;
  fetch: typeof fetch;
  estimate: Estimate;
  /** `navigator.onLine`: false is certain, true is not. */
  isOnline(): boolean;
  /**
   * Reads a model's header and throws `bad-model` or `unsupported-model` if the engine cannot run it. It sees
   * a download while it is coming and a dropped file before it is copied, so that nobody waits for gigabytes
   * to be refused.
   */
  check(source: ModelSource): Promise<ModelFacts>;
}

/** One model on its way to the disk. */
export interface ArrivalOptions extends StoreOptions {
  book: RecordBook;
  signal: AbortSignal;
  send(progress: DownloadProgress): void;
  /** Removes what was not used for the longest time, until this model of `sizeBytes` fits under the user's limit. */
  makeRoom(sizeBytes: number): Promise<void>;
  /** Bytes that this model may still take; `undefined` if the browser does not say. */
  free(): Promise<number | undefined>;
}
