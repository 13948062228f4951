import * as v from 'valibot';
import { MAX_MODEL_BYTES, MAX_MODEL_PARTS, MAX_URL_CHARS } from '../protocol/limits.ts';
import { parseModelId } from './model-id.ts';

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_MODEL_BYTES));
const text = v.pipe(v.string(), v.maxLength(1_000));
const shortened = v.pipe(
  v.string(),
  v.transform((value) => value.slice(0, 200)),
);

/** Servers and files fill these two: what is odd in them is left out, and costs nobody the model. */
const remote = v.object({
  sizeBytes: v.optional(bytes),
  etag: v.optional(text),
  lastModified: v.optional(text),
});
const facts = v.object({
  licence: v.optional(shortened),
  contextLength: v.optional(v.number()),
  makes: v.optional(v.picklist(['chat', 'text', 'embeddings'])),
  memoryBytes: v.optional(v.number()),
});

const recordSchema = v.object({
  version: v.literal(1),
  id: v.pipe(v.string(), v.check(isModelId)),
  name: text,
  source: v.picklist(['catalog', 'url', 'file']),
  url: v.optional(v.pipe(v.string(), v.url(), v.maxLength(MAX_URL_CHARS))),
  /** Where the bytes lie, in the same folder as this record. */
  file: v.pipe(v.string(), v.regex(/^[a-z0-9._-]{1,240}\.gguf$/)),
  state: v.picklist(['partial', 'complete']),
  /** Bytes that would outlive a loss of power. */
  savedBytes: bytes,
  /** What the whole file measures, once somebody has said so. */
  sizeBytes: v.optional(bytes),
  /** Promised while the file is partial, measured once it is complete. */
  sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  /** Of a model in several files, which lie in `file` one behind the other: those that are whole. */
  parts: v.optional(
    v.pipe(v.array(v.object({ ...remote.entries, sizeBytes: bytes })), v.maxLength(MAX_MODEL_PARTS)),
  ),
  /** The hub gave it to this user's token. */
  isGated: v.optional(v.boolean()),
  /** The user wants it kept: it never goes to make room. */
  isPinned: v.optional(v.boolean()),
  /** Of the file, or the part, that is coming. */
  remote: v.fallback(v.optional(remote), undefined),
  facts: v.fallback(v.optional(facts), undefined),
  /** Milliseconds since 1970. */
  addedAt: v.number(),
  lastUsedAt: v.number(),
});

/** What the store knows of one model, as it lies beside the model's bytes. */
export type ModelRecord = v.InferOutput<typeof recordSchema>;

/** What the file itself says; the engine's check finds it out. */
export type ModelFacts = NonNullable<ModelRecord['facts']>;

/** `undefined` for what is no record: damaged, or from a future version. */
export function parseModelRecord(value: unknown): ModelRecord | undefined {
  const { success, output } = v.safeParse(recordSchema, value);
  return success ? output : undefined;
}

function isModelId(value: string): boolean {
  try {
    return parseModelId(value) === value;
  } catch {
    return false;
  }
}

/** What the files measure of a model in several. */
export function sizesOf(parts: ModelRecord['parts']): number[] | undefined {
  return parts?.map(({ sizeBytes }) => sizeBytes);
}

/** The one to remove first when the disk is full. */
export function longestUnused(records: ModelRecord[]): { name: string; sizeBytes: number } | undefined {
  const [oldest] = records
    .filter((record) => record.state === 'complete')
    .sort((a, b) => a.lastUsedAt - b.lastUsedAt);
  return oldest && { name: oldest.name, sizeBytes: oldest.savedBytes };
}
