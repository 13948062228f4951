import type { HubAccess } from '../protocol/hub.ts';
import { HearthError } from '../protocol/errors.ts';
import { MAX_MODEL_BYTES } from '../protocol/limits.ts';
import { isDiskFull } from './directory.ts';
import { diskFull } from './disk-space.ts';
import { fetchInto } from './fetch-into.ts';
import { checkStart, START_BYTES } from '../../models/gguf/check-start.ts';
import { GrowingFile } from './growing-file.ts';
import { longestUnused, type ModelFacts, type ModelRecord, sizesOf } from './model-record.ts';
import { askForParts, partUrls } from './part-urls.ts';
import { ProgressMeter } from './progress-meter.ts';
import { isOtherFile, type RemoteFile } from './remote-file.ts';
import type { ArrivalOptions } from './store-options.ts';
import { progressInWords } from './words.ts';

/** What has come is made safe this often, so that a loss of power costs no more. */
const CHECKPOINT_MS = 4_000;
const RECORD_ROOM_BYTES = 16 * 1024;

export interface DownloadRequest {
  id: string;
  name: string;
  source: 'catalog' | 'url';
  /** Of the file, or of the first of several parts. */
  url: URL;
  /** Exact, if known: a file of any other size is refused. */
  sizeBytes?: number | undefined;
  sha256?: string | undefined;
  /** What the user's hub is shown with the requests for this file; never kept. */
  access?: HubAccess | undefined;
  isGated?: boolean | undefined;
}

export interface DownloadOptions extends ArrivalOptions {
  onSize(receivedBytes: number, sizeBytes: number | undefined): void;
}

/**
 * Downloads a model, or the rest of it, and checks it. When that fails, what has come is kept for the next
 * try, unless the file has turned out to be the wrong one.
 */
export async function downloadModel(
  request: DownloadRequest,
  options: DownloadOptions,
): Promise<ModelRecord> {
  const { book, directory, time, signal } = options;
  const urls = partUrls(request.url);
  const offers = urls.length > 1 ? await askForParts(urls, options) : [{ sizeBytes: request.sizeBytes }];
  const record = begun(request, offers, book.get(request.id), time.now());
  const disk = await directory.openForWriting(record.file);
  try {
    await book.put(record);
    const download = new ModelDownload(request, urls, offers, options, record);
    const file = await GrowingFile.open(disk, record.savedBytes, {
      time,
      signal,
      partStart: sumOf(sizesOf(record.parts) ?? []),
      onBytes: (bytes) => download.meter.update('verifying', bytes, record.sizeBytes ?? 0),
    });
    return await download.run(file);
  } finally {
    disk.close();
    const left = book.get(request.id);
    if (left?.state === 'partial' && left.savedBytes === 0) await book.delete(left);
  }
}

class ModelDownload {
  readonly meter: ProgressMeter;
  /** Aborted with the check's word, while the file is coming, that it is not worth it. */
  readonly #unfit = new AbortController();
  #check: { restarts: number; facts: Promise<ModelFacts> } | undefined;
  #savedAt: number;

  constructor(
    private readonly request: DownloadRequest,
    /** Of each part: one, where the model is one file. */
    private readonly urls: readonly URL[],
    private readonly offers: readonly RemoteFile[],
    private readonly options: DownloadOptions,
    private record: ModelRecord,
  ) {
    this.meter = new ProgressMeter(request.id, options.time, options.send);
    this.#savedAt = options.time.now();
  }

  async run(file: GrowingFile): Promise<ModelRecord> {
    let isWhole = false;
    try {
      for (const [part, url] of this.urls.entries()) if (part >= this.#part) await this.#fetch(file, url);
      isWhole = true;
      return await this.#complete(file);
    } catch (error) {
      const isUnfit = this.#unfit.signal.aborted || (isWhole && isVerdict(error));
      let failure = this.#unfit.signal.aborted ? this.#unfit.signal.reason : error;
      if (isUnfit) await file.clear();
      else if (isDiskFull(error)) {
        // The record of what is kept needs room too
        await file.shorten(RECORD_ROOM_BYTES);
        failure = await this.#diskFull(file, error);
      }
      // The failure matters more than that the bytes could not be made safe
      await this.#save(file).catch(() => {});
      file.close(failure);
      throw failure;
    }
  }

  /** Index of the part that is coming. */
  get #part(): number {
    return this.record.parts?.length ?? 0;
  }

  /** What all parts measure, as far as is known. */
  get #partSizes(): (number | undefined)[] {
    const { parts = [], remote } = this.record;
    return this.offers.map(({ sizeBytes }, i) =>
      i === parts.length ? (remote?.sizeBytes ?? sizeBytes) : (parts[i]?.sizeBytes ?? sizeBytes),
    );
  }

  /** One part to its end. */
  async #fetch(file: GrowingFile, url: URL): Promise<void> {
    const { options } = this;
    const offer = this.offers[this.#part]!;
    await fetchInto(file, {
      ...options,
      signal: AbortSignal.any([options.signal, this.#unfit.signal]),
      url,
      remote: this.record.remote,
      expectedBytes: offer.sizeBytes,
      isVerifiable: this.record.sha256 !== undefined,
      onAnswer: (remote) => this.#onAnswer(file, remote),
      onBytes: () => this.#onBytes(file),
    });
    if (this.urls.length === 1) return;
    const parts = [...(this.record.parts ?? []), { ...offer, sizeBytes: file.partBytes }];
    this.record = { ...this.record, parts, remote: undefined };
    file.beginPart();
    await this.#save(file);
  }

  /** The file is about to come: is there room for it, and could the engine run it? */
  async #onAnswer(file: GrowingFile, remote: RemoteFile): Promise<void> {
    this.record = { ...this.record, remote };
    const sizes = this.#partSizes;
    const sizeBytes = sizes.includes(undefined) ? undefined : sumOf(sizes as number[]);
    this.record = { ...this.record, sizeBytes };
    this.options.onSize(file.sizeBytes, sizeBytes);
    if (sizeBytes === undefined) return;
    if (sizeBytes > MAX_MODEL_BYTES)
      throw new HearthError(
        'bad-model',
        `${this.request.name} is larger than the ${MAX_MODEL_BYTES} bytes that a model may have.`,
      );
    await this.options.makeRoom(sizeBytes);
    const free = await this.options.free();
    if (free !== undefined && sizeBytes - file.sizeBytes > free) throw await this.#diskFull(file);
    if (this.#check?.restarts !== file.restarts) this.#check = this.#begunCheck(file, sizes as number[]);
  }

  async #onBytes(file: GrowingFile): Promise<void> {
    const { sizeBytes } = this.record;
    this.options.onSize(file.sizeBytes, sizeBytes);
    this.meter.update('downloading', file.sizeBytes, sizeBytes ?? 0);
    if (this.options.time.now() - this.#savedAt >= CHECKPOINT_MS) await this.#save(file);
  }

  async #complete(file: GrowingFile): Promise<ModelRecord> {
    const { sizeBytes } = file;
    const sha256 = file.sha256();
    if (this.record.sha256 && sha256 !== this.record.sha256) throw this.#wrongHash(sha256);
    checkStart(await file.read(0, START_BYTES), this.request.name);
    this.#check ??= this.#begunCheck(file, sizesOf(this.record.parts) ?? [sizeBytes]);
    const facts = await this.#check.facts;

    await file.flush();
    const record: ModelRecord = {
      ...this.record,
      state: 'complete',
      savedBytes: sizeBytes,
      sizeBytes,
      sha256,
      facts,
    };
    await this.options.book.put(record);
    return record;
  }

  #begunCheck(file: GrowingFile, sizes: readonly number[]) {
    const source = file.source(sumOf(sizes), sizes);
    const check = { restarts: file.restarts, facts: this.options.check(source) };
    check.facts.catch((error) => {
      if (this.#check === check && isVerdict(error)) this.#unfit.abort(error);
    });
    return check;
  }

  async #save(file: GrowingFile): Promise<void> {
    await file.flush();
    this.#savedAt = this.options.time.now();
    this.record = { ...this.record, savedBytes: file.sizeBytes };
    await this.options.book.put(this.record);
  }

  async #diskFull(file: GrowingFile, cause?: unknown): Promise<HearthError> {
    const { sizeBytes } = this.record;
    return diskFull({
      name: this.request.name,
      neededBytes: sizeBytes === undefined ? undefined : sizeBytes - file.sizeBytes,
      freeBytes: await this.options.free(),
      oldest: longestUnused(this.options.book.list()),
      kept: file.sizeBytes > 0 ? progressInWords(file.sizeBytes, sizeBytes) : undefined,
      cause,
    });
  }

  #wrongHash(sha256: string): HearthError {
    return new HearthError(
      'bad-model',
      `${this.request.name} did not arrive as it was listed: its SHA-256 is ${sha256}, but ${this.record.sha256} was promised. It was removed. Download it again; if that ends here too, the file at ${this.request.url.host} has changed.`,
    );
  }
}

/** Goes on with what is known of the model, if that is about the same file. */
function begun(
  request: DownloadRequest,
  offers: readonly RemoteFile[],
  known: ModelRecord | undefined,
  now: number,
): ModelRecord {
  const { id, name, source, sizeBytes } = request;
  const url = request.url.href;
  const isOther = request.sha256 && known?.sha256 && request.sha256 !== known.sha256;
  const isSame = known && !isOther && (known.url === url || request.sha256 === known.sha256);
  if (isSame) return { ...withSoundParts(known, offers), name, url, sha256: request.sha256 ?? known.sha256 };
  return {
    version: 1,
    id,
    name,
    source,
    url,
    file: `${id}.gguf`,
    state: 'partial',
    savedBytes: 0,
    sizeBytes,
    sha256: request.sha256,
    ...(request.isGated && { isGated: true }),
    addedAt: now,
    lastUsedAt: now,
  };
}

/** Without parts that the disk has lost, or that have become others since, and all that is behind them. */
function withSoundParts(known: ModelRecord, offers: readonly RemoteFile[]): ModelRecord {
  const parts = known.parts ?? [];
  const ends = parts.map((_, i) => sumOf(sizesOf(parts.slice(0, i + 1))!));
  const wrong = parts.findIndex(
    (part, i) => ends[i]! > known.savedBytes || isOtherFile(part, offers[i] ?? {}),
  );
  if (wrong < 0) return known;
  const savedBytes = ends[wrong - 1] ?? 0;
  return { ...known, parts: parts.slice(0, wrong), savedBytes, remote: undefined };
}

/** The check's word on the file; any other error is an accident, and no reason to throw the bytes away. */
function isVerdict(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'bad-model' || code === 'unsupported-model';
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
