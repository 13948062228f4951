import * as v from 'valibot';
import {
  MAX_BUNDLE_FILES,
  MAX_BUNDLE_PATH_CHARS,
  MAX_MODEL_BYTES,
  MAX_MODEL_ID_CHARS,
} from '../protocol/limits.ts';

/** Names of folders and a file, none of which leads anywhere else. */
const PATH = /^(?!.*(?:^|\/)\.\.?(?:\/|$))[\w.@+ -]+(?:\/[\w.@+ -]+)*$/;

export const BundlePath = v.pipe(v.string(), v.maxLength(MAX_BUNDLE_PATH_CHARS), v.regex(PATH));

/** `owner/name` on the hub, or what a dropped folder was given. */
export const BundleId = v.pipe(
  v.string(),
  v.maxLength(MAX_MODEL_ID_CHARS),
  v.regex(/^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/),
);

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const File = v.object({
  path: BundlePath,
  sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_MODEL_BYTES)),
  sha256: Sha256,
  /** False while it is on its way. */
  isWhole: v.boolean(),
});

const Record = v.object({
  version: v.literal(1),
  id: BundleId,
  source: v.picklist(['hub', 'folder']),
  /** The commit on the hub that its files are of. */
  revision: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/))),
  licence: v.optional(v.pipe(v.string(), v.maxLength(200))),
  files: v.pipe(v.array(File), v.maxLength(MAX_BUNDLE_FILES)),
  addedAt: v.number(),
  lastUsedAt: v.number(),
});

/** A model of several files (ONNX, tokenizer, configurations), as it lies beside them. */
export type BundleRecord = v.InferOutput<typeof Record>;
export type BundleFile = BundleRecord['files'][number];

/** `undefined` for what is no record: damaged, or from a future version. */
export function parseBundleRecord(value: unknown): BundleRecord | undefined {
  const { success, output } = v.safeParse(Record, value);
  return success ? output : undefined;
}
