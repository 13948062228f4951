import { HearthError } from '../protocol/errors.ts';
import { bytesInWords } from '../protocol/bytes-in-words.ts';

/** `navigator.storage.estimate`, bytes. */
export type Estimate = () => Promise<{ usage?: number; quota?: number }>;

/**
 * Bytes that the browser would still take; `undefined` if it does not say. It may promise too much (Chrome
 * rounds for privacy where an origin has no `unlimitedStorage`): then a write fails.
 */
export async function freeBytes(estimate: Estimate): Promise<number | undefined> {
  const { usage, quota } = await estimate().catch(() => ({ usage: undefined, quota: undefined }));
  return usage === undefined || quota === undefined ? undefined : Math.max(0, quota - usage);
}

export interface Shortage {
  name: string;
  /** `undefined` if nobody has told the size. */
  neededBytes: number | undefined;
  freeBytes: number | undefined;
  /** The model that has not been used for the longest time, if there is another one. */
  oldest: { name: string; sizeBytes: number } | undefined;
  /** How much is kept of what has come: `50 %`. */
  kept: string | undefined;
  cause?: unknown;
}

export function diskFull({ name, neededBytes, freeBytes, oldest, kept, cause }: Shortage): HearthError {
  const free = freeBytes === undefined ? 'that much is not' : `only ${bytesInWords(freeBytes)} are`;
  // A browser that promised more room than it has would be quoted against itself
  const what =
    neededBytes === undefined || (freeBytes ?? 0) >= neededBytes
      ? `The disk has no room for the rest of ${name}.`
      : `${name} needs ${bytesInWords(neededBytes)} more on this disk and ${free} free for Hearth.`;
  const example = oldest
    ? ` (${oldest.name}, ${bytesInWords(oldest.sizeBytes)}, was not used for the longest time)`
    : '';
  const rest = kept ? ` What has come (${kept}) is kept.` : '';
  return new HearthError(
    'quota',
    `${what} Free space on the disk, or remove models on Hearth's options page${example}, then start again.${rest}`,
    { cause },
  );
}
