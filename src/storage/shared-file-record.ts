import * as v from 'valibot';
import { MAX_SHARED_BYTES, MAX_SHARED_ORIGINS } from '../protocol/limits.ts';

const origins = v.array(v.pipe(v.string(), v.maxLength(300)));

const schema = v.object({
  version: v.literal(1),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Where the bytes lie, in the same folder. */
  file: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,80}\.bin$/)),
  sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_SHARED_BYTES)),
  /** Who has written these very bytes: each may always read them. */
  owners: origins,
  /** Others that an owner has named. */
  readers: v.pipe(origins, v.maxLength(MAX_SHARED_ORIGINS)),
  isForAll: v.boolean(),
  /** The user wants it kept. */
  isPinned: v.optional(v.boolean(), false),
  /** Milliseconds since 1970. */
  lastUsedAt: v.number(),
});

/** What is known of one shared file, as it lies beside its bytes. */
export type SharedFileRecord = v.InferOutput<typeof schema>;

export function parseSharedFile(value: unknown): SharedFileRecord | undefined {
  const { success, output } = v.safeParse(schema, value);
  return success ? output : undefined;
}

/**
 * Whether a site may know of a file: https://wicg.github.io/cross-origin-storage/#reading-files. What is for all needs no
 * list of popular hashes here, since the user has let the site use shared files. Without a list of public suffixes, the
 * same site is the same host under the same scheme: that is stricter.
 */
export function mayRead({ owners, readers, isForAll }: SharedFileRecord, origin: string): boolean {
  return isForAll || readers.includes(origin) || owners.some((owner) => isSameHost(owner, origin));
}

function isSameHost(a: string, b: string): boolean {
  const [one, other] = [new URL(a), new URL(b)];
  return one.protocol === other.protocol && one.hostname === other.hostname;
}
