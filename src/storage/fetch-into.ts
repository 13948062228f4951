import { HearthError } from '../protocol/errors.ts';
import { MAX_MODEL_BYTES } from '../protocol/limits.ts';
import { checkStart, START_BYTES } from '../../models/gguf/check-start.ts';
import type { GrowingFile } from './growing-file.ts';
import { Interruption, mustBeFile } from './interruption.ts';
import { isSameFile, type RemoteFile, readAnswer, sizeFromRefusal } from './remote-file.ts';
import type { Time } from './time.ts';
import { progressInWords } from './words.ts';

/** Waits before the second, third … attempt in a row that brought nothing; after the last one the download gives up. */
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 16_000];
/** A download that has brought nothing yet gives up sooner: its address may be wrong. */
const FIRST_RETRIES = 2;
/** A file that begins anew more often than this will not be had. */
const MAX_RESTARTS = 3;
/** A server that sends nothing for this long is asked again. */
export const STALL_MS = 60_000;

export interface FetchOptions {
  url: URL;
  /** What was known of the file when its first bytes came; `undefined` if none have. */
  remote: RemoteFile | undefined;
  /** What the file has to measure, if somebody has promised it. */
  expectedBytes: number | undefined;
  /** A hash will tell in the end whether the bytes are the right ones. */
  isVerifiable: boolean;
  /** False for files of other kinds than models': their first bytes are not looked at. True if absent. */
  isModelFile?: boolean;
  signal: AbortSignal;
  fetch: typeof fetch;
  time: Time;
  isOnline(): boolean;
  /** Before bytes of an answer are written. It may refuse by throwing. */
  onAnswer(remote: RemoteFile): Promise<void>;
  onBytes(): Promise<void>;
}

/**
 * Downloads the rest of the part of `file` that is coming: asks for the bytes it lacks, again and again until it has them all, and joins
 * them only if they belong together. Whatever fails, the bytes that have come stay in `file`.
 *
 * No `If-Range`: it would need a preflight that hubs' stores do not answer. The answer's ETag, Last-Modified
 * and size are compared here instead.
 */
export async function fetchInto(file: GrowingFile, options: FetchOptions): Promise<void> {
  // Taken out of `options`: browsers refuse to call `fetch` as anybody's method
  const { fetch, signal, time, url } = options;
  let remote = options.remote;
  let failures = 0;
  let isChecked = options.isModelFile === false;

  while (file.partBytes === 0 || file.partBytes !== remote?.sizeBytes) {
    const before = file.partBytes;
    try {
      if (await attempt()) return;
      throw new Interruption(`The connection to ${url.host} ended early.`);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof Interruption)) throw error;
      failures = file.partBytes > before ? 1 : failures + 1;
      const retries = file.partBytes > 0 ? BACKOFF_MS.length : FIRST_RETRIES;
      if (failures > retries || !options.isOnline()) throw gaveUp(error);
      await time.wait(Math.max(BACKOFF_MS[failures - 1]!, error.retryAfterMs), signal);
    }
  }

  /** True when the file is whole. */
  async function attempt(): Promise<boolean> {
    const here = new AbortController();
    let received = 0;
    const watching = abortWhenStalled(here, () => received, options);
    try {
      const asked = file.partBytes;
      const response = await interruptible(() =>
        fetch(url, {
          headers: { Range: `bytes=${asked}-` },
          signal: AbortSignal.any([signal, here.signal]),
          cache: 'no-store',
          credentials: 'omit',
          referrerPolicy: 'no-referrer',
        }),
      );
      if (response.status === 416) return await endOrRestart(response);
      mustBeFile(response, url);

      const { start, ...offered } = readAnswer(response, asked);
      const total = offered.sizeBytes ?? options.expectedBytes;
      mustFit(total);
      if (asked > 0 && !isSameFile(remote ?? {}, offered, options.isVerifiable)) {
        await beginAnew(offered);
        if (start > 0) throw new Interruption(`The file at ${url.host} has changed.`);
      }
      if (start > file.partBytes)
        throw new Interruption(`${url.host} sent another part of the file than was asked for.`);
      remote = { ...offered, sizeBytes: total };
      await options.onAnswer(remote);

      // A server without ranges sends everything again: what is here already is passed over
      let known = file.partBytes - start;
      const body = response.body?.getReader();
      while (body) {
        const { done, value } = await interruptible(() => body.read());
        if (done) break;
        received += value.length;
        const fresh = value.subarray(known);
        known = Math.max(0, known - value.length);
        if (file.partBytes + fresh.length > (total ?? MAX_MODEL_BYTES)) throw tooMuch(total);
        await file.append(fresh);
        await checkHeader();
        await options.onBytes();
      }
      return total === undefined ? known === 0 : file.partBytes === total;
    } finally {
      here.abort();
      await watching;
    }

    async function interruptible<T>(call: () => Promise<T>): Promise<T> {
      try {
        return await call();
      } catch (cause) {
        if (here.signal.reason instanceof Interruption) throw here.signal.reason;
        throw new Interruption(`The connection to ${url.host} failed.`, { cause });
      }
    }
  }

  async function checkHeader(): Promise<void> {
    if (isChecked || file.partBytes < START_BYTES) return;
    isChecked = true;
    try {
      checkStart(await file.read(file.partStart, START_BYTES), `What ${url.host} sends`);
    } catch (error) {
      await file.restart();
      throw error;
    }
  }

  /** The server has no bytes behind ours: either we have all, or the file is shorter than it was. */
  async function endOrRestart(response: Response): Promise<boolean> {
    if (file.partBytes === 0)
      throw new HearthError('bad-model', `The file at ${url.host} is empty. Check the address.`);
    const size = sizeFromRefusal(response) ?? remote?.sizeBytes ?? 0;
    if (size === file.partBytes) return true;
    if (size > file.partBytes) throw new Interruption(`${url.host} keeps back the rest of the file.`);
    await beginAnew(remote);
    throw new Interruption(`The file at ${url.host} has changed.`);
  }

  async function beginAnew(offered: RemoteFile | undefined): Promise<void> {
    await file.restart();
    isChecked = options.isModelFile === false;
    if (file.restarts <= MAX_RESTARTS) return;
    if (!offered?.etag && !offered?.lastModified)
      throw new HearthError(
        'offline',
        `The connection to ${url.host} breaks off, and ${url.host} does not let a download go on. Download the file with your browser and drop it on Hearth's options page.`,
      );
    throw new HearthError(
      'bad-model',
      `The file at ${url.host} changes while it is downloaded. Choose an address that names one revision.`,
    );
  }

  function mustFit(total: number | undefined): void {
    const { expectedBytes } = options;
    if (expectedBytes !== undefined && total !== expectedBytes)
      throw new HearthError(
        'bad-model',
        `${url.host} offers a file of ${total} bytes where one of ${expectedBytes} was promised. It is not the file that was listed: choose another model, or try again later.`,
      );
    if ((total ?? 0) > MAX_MODEL_BYTES) throw tooMuch(MAX_MODEL_BYTES);
  }

  function tooMuch(limit: number | undefined): HearthError {
    return new HearthError(
      'bad-model',
      `${url.host} sends more than the ${limit ?? MAX_MODEL_BYTES} bytes that the file may have. Choose another model, or try again later.`,
    );
  }

  function gaveUp(trouble: Interruption): HearthError {
    const why = options.isOnline() ? trouble.message : 'This computer is offline.';
    const next =
      file.partBytes > 0
        ? `The download goes on from ${progressInWords(file.partBytes, remote?.sizeBytes)} when you start it again.`
        : 'Check the connection and the address, then start the download again.';
    return new HearthError('offline', `${why} ${next}`, { cause: trouble });
  }
}

async function abortWhenStalled(
  attempt: AbortController,
  received: () => number,
  { time, url }: FetchOptions,
): Promise<void> {
  try {
    for (let seen = -1; seen < received(); ) {
      seen = received();
      await time.wait(STALL_MS, attempt.signal);
    }
    attempt.abort(new Interruption(`${url.host} sent nothing for ${STALL_MS / 1000} seconds.`));
  } catch {
    // The attempt is over
  }
}
