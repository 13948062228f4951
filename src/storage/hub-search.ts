import * as v from 'valibot';
import { HearthError } from '../protocol/errors.ts';
import {
  type HubAccess,
  type HubModel,
  type HubRepository,
  type HubSearch,
  MAX_HUB_FILES,
  MAX_HUB_RESULTS,
} from '../protocol/hub.ts';
import { groupParts, withoutPart } from '../protocol/part-names.ts';
import { withAccess } from './hub-access.ts';

/** What is not weights, as a part of them: the cache of a short context and activations. */
const MEMORY_BESIDE_WEIGHTS = 0.1;
/** As names end that say how a file is quantized. */
const QUANT = /(?:^|[-._])((?:IQ|Q|TQ)\d[A-Z0-9_]*|MXFP4|BF16|F16|F32)$/i;

// A repository's name goes into addresses: nothing but what the hub itself allows
const RepositoryId = v.pipe(v.string(), v.regex(/^[\w.-]{1,96}\/[\w.-]{1,96}$/));
const Found = v.object({
  id: RepositoryId,
  downloads: v.fallback(v.number(), 0),
  gated: v.fallback(v.union([v.boolean(), v.string()]), false),
  tags: v.fallback(v.array(v.string()), []),
});
const File = v.object({
  type: v.literal('file'),
  path: v.pipe(v.string(), v.maxLength(500), v.regex(/\.gguf$/i)),
  size: v.pipe(v.number(), v.integer(), v.minValue(1)),
  lfs: v.optional(v.object({ oid: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) })),
});
type HubFile = v.InferOutput<typeof File>;

/**
 * Repositories with GGUF models, those that are downloaded most first, with the size and the hash of every file
 * (https://huggingface.co/docs/hub/api). Those in which nothing is left by the filters are left out.
 */
export async function searchHub(
  search: HubSearch,
  access: HubAccess,
  { fetch, signal }: { fetch: typeof globalThis.fetch; signal: AbortSignal },
): Promise<HubRepository[]> {
  const ask = withAccess(fetch, access);
  const query = new URLSearchParams({
    search: search.text,
    sort: 'downloads',
    direction: '-1',
    limit: String(MAX_HUB_RESULTS),
  });
  query.append('filter', 'gguf');
  if (search.licence) query.append('filter', `license:${search.licence}`);

  const found = listed(Found, await json(`/api/models?${query}`)).slice(0, MAX_HUB_RESULTS);
  const repositories = await Promise.all(found.map(describe));
  return repositories.filter(({ models }) => models.length > 0);

  async function describe({
    id,
    downloads,
    gated,
    tags,
  }: v.InferOutput<typeof Found>): Promise<HubRepository> {
    const licence = tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length, 100);
    // One repository that does not answer costs nobody the others
    const files = await json(`/api/models/${id}/tree/main?recursive=true`).then(
      (answer) => listed(File, answer).slice(0, MAX_HUB_FILES),
      () => [],
    );
    signal.throwIfAborted();
    const isWanted = ({ sizeBytes }: HubModel) => sizeBytes <= (search.maxBytes ?? Number.POSITIVE_INFINITY);
    return { id, downloads, licence, isGated: gated !== false, models: modelsOf(id, files).filter(isWanted) };
  }

  function modelsOf(id: string, files: HubFile[]): HubModel[] {
    const named = files.map((file) => ({ ...file, name: file.path }));
    return groupParts(named)
      .filter(({ missing }) => missing.length === 0)
      .map(({ files }) => {
        const first = files[0]!;
        const sizeBytes = files.reduce((sum, { size }) => sum + size, 0);
        const path = first.path.split('/').map(encodeURIComponent).join('/');
        return {
          name: nameOf(first.path),
          url: `${access.origin}/${id}/resolve/main/${path}`,
          sizeBytes,
          files: files.length,
          sha256: files.length === 1 ? first.lfs?.oid : undefined,
          memoryBytes: Math.round(sizeBytes * (1 + MEMORY_BESIDE_WEIGHTS)),
        };
      })
      .sort((a, b) => a.sizeBytes - b.sizeBytes);
  }

  async function json(path: string): Promise<unknown> {
    const { host } = new URL(access.origin);
    let response: Response;
    try {
      response = await ask(access.origin + path, {
        signal,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new HearthError(
        'offline',
        `${host} cannot be reached. Check the connection, then search again.`,
        { cause },
      );
    }
    if (response.status === 401 || response.status === 403)
      throw new HearthError(
        'not-allowed',
        `${host} does not take your token. Enter another one, or remove it.`,
      );
    if (!response.ok)
      throw new HearthError(
        'offline',
        `${host} does not search now (HTTP ${response.status}). Try again later.`,
      );
    return response.json().catch(() => undefined);
  }
}

/** Those of a list that are as they should be; what the hub adds one day, or gets wrong, is passed over. */
function listed<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema>[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => {
    const { success, output } = v.safeParse(schema, item);
    return success ? [output] : [];
  });
}

function nameOf(path: string): string {
  const name = withoutPart(path.split('/').at(-1)!).replace(/\.gguf$/i, '');
  return QUANT.exec(name)?.[1]?.toUpperCase() ?? name;
}
