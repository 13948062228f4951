import * as v from 'valibot';

const whole = v.pipe(v.number(), v.integer(), v.minValue(1));
const sentence = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(120));

/**
 * What one `*.json` of this folder says of one file that users may download. Figures come from the
 * publisher's own listing of the file; what is not known is `null` or absent, never guessed.
 */
export const catalogFile = v.strictObject({
  /** Also the name of the JSON file. It goes into pages' code and stays as it is. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9]+([.-][a-z0-9]+)*$/), v.maxLength(80)),
  name: sentence,
  /** For people who choose: what it is good for, and its languages. */
  about: sentence,
  /** Names the revision, so that the file behind it never changes. */
  url: v.pipe(v.string(), v.url(), v.startsWith('https://'), v.endsWith('.gguf')),
  revision: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  quant: v.picklist(['Q4_0', 'Q4_K_M', 'Q5_K_M', 'Q6_K', 'Q8_0', 'F16']),
  /** Exact: a download of any other size is refused. */
  sizeBytes: whole,
  sha256: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  licence: sentence,
  parameters: v.pipe(v.string(), v.regex(/^\d+(\.\d+)?[MB]$/)),
  contextLength: whole,
  /** What a token takes in the KV cache: keys and values of `kvHeads` × `headDim` in each block. */
  shape: v.strictObject({ blocks: whole, kvHeads: whole, headDim: whole }),
  /** True once this very file has answered in Hearth. */
  tried: v.boolean(),
});

export type CatalogFile = v.InferOutput<typeof catalogFile>;
