import { allPartNames } from '../protocol/part-names.ts';
import { HearthError } from '../protocol/errors.ts';
import { Interruption, mustBeFile } from './interruption.ts';
import { type RemoteFile, readAnswer } from './remote-file.ts';

/** Method not allowed, not implemented. */
const ANSWERED_BY_GET = [405, 501];

/** The addresses of all files of a model, from that of any of them: its own where the model is one file. */
export function partUrls(url: URL): URL[] {
  return allPartNames(url.pathname).map((pathname) => Object.assign(new URL(url), { pathname }));
}

/**
 * What their servers say of the files when they are asked for nothing but the heads: less, or nothing, where a server
 * does not answer that. Fails if a part is not there, before gigabytes of the others have come.
 */
export async function askForParts(
  urls: readonly URL[],
  { fetch, signal }: { fetch: typeof globalThis.fetch; signal: AbortSignal },
): Promise<RemoteFile[]> {
  const offers: RemoteFile[] = [];
  for (const [i, url] of urls.entries()) {
    try {
      offers.push(await ask(url));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof HearthError)) throw error;
      const message = `Part ${i + 1} of ${urls.length}, ${url.pathname.split('/').at(-1)}: ${error.message}`;
      throw new HearthError(error.code, message, { cause: error });
    }
  }
  return offers;

  async function ask(url: URL): Promise<RemoteFile> {
    const response = await fetch(url, {
      method: 'HEAD',
      signal,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    }).catch(() => undefined);
    // What a server has against this question it need not have against the file
    if (!response || ANSWERED_BY_GET.includes(response.status)) return {};
    try {
      mustBeFile(response, url);
    } catch (error) {
      // What may pass is waited for when the part is downloaded
      if (error instanceof Interruption) return {};
      throw error;
    }
    const { sizeBytes, etag, lastModified } = readAnswer(response, 0);
    return { sizeBytes: sizeBytes || undefined, etag, lastModified };
  }
}
