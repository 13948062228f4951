import * as v from 'valibot';
import { HearthError } from '../protocol/errors.ts';
import { MAX_BUNDLE_JSON_BYTES } from '../protocol/limits.ts';
import { BundleId, BundlePath } from './bundle-record.ts';

export interface HubFile {
  path: string;
  sizeBytes: number;
  /** The hub knows it of large files. */
  sha256: string | undefined;
}

/** One commit of a repository of the hub. */
export interface HubRepo {
  id: string;
  /** The commit. */
  revision: string;
  licence: string | undefined;
  files: HubFile[];
  urlOf(path: string): URL;
}

const HUB = 'https://huggingface.co';
const size = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What the hub answers to `GET /api/models/{id}/revision/main?blobs=true`. */
const Answer = v.object({
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  cardData: v.fallback(v.optional(v.object({ license: v.optional(v.string()) })), undefined),
  siblings: v.array(
    v.object({
      rfilename: v.string(),
      size: v.optional(size),
      lfs: v.optional(v.nullable(v.object({ sha256: v.string(), size }))),
    }),
  ),
});

/** The files of a model's repository as they are now. Fails with `not-found`, `not-allowed` (gated) or `offline`. */
export async function readHubRepo(
  id: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<HubRepo> {
  if (!v.is(BundleId, id) || !id.includes('/'))
    throw new HearthError('bad-input', 'A model on the hub is named by its owner and its name: owner/name.');
  const answer = await ask(`${HUB}/api/models/${id}/revision/main?blobs=true`, id, fetch, signal);
  const { success, output } = v.safeParse(Answer, answer);
  if (!success)
    throw new HearthError('offline', `What huggingface.co says of ${id} is not understood. Try again later.`);
  return {
    id,
    revision: output.sha,
    licence: output.cardData?.license?.slice(0, 200),
    files: output.siblings
      .filter(({ rfilename }) => v.is(BundlePath, rfilename))
      .map(({ rfilename, size, lfs }) => ({
        path: rfilename,
        sizeBytes: lfs?.size ?? size ?? 0,
        sha256: lfs && /^[0-9a-f]{64}$/.test(lfs.sha256) ? lfs.sha256 : undefined,
      })),
    urlOf: (path) =>
      new URL(`${HUB}/${id}/resolve/${output.sha}/${path.split('/').map(encodeURIComponent).join('/')}`),
  };
}

async function ask(
  url: string,
  id: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { signal, credentials: 'omit', referrerPolicy: 'no-referrer' });
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new HearthError(
      'offline',
      'huggingface.co cannot be reached. Check the connection and try again.',
      { cause },
    );
  }
  // Of what is not there and of what is private, the hub says the same
  if (response.status === 401 || response.status === 404)
    throw new HearthError('not-found', `huggingface.co has no model named ${id} that everybody may read.`);
  if (response.status === 403)
    throw new HearthError(
      'not-allowed',
      `${id} is given out on conditions. Accept them on huggingface.co, download its files and drop the folder in Hearth's options.`,
    );
  if (!response.ok)
    throw new HearthError('offline', `huggingface.co answered ${response.status}. Try again later.`);
  const text = await response.text();
  if (text.length > MAX_BUNDLE_JSON_BYTES)
    throw new HearthError('bad-model', `huggingface.co lists too much for ${id}.`);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
