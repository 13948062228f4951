import { bytesInWords } from '../protocol/bytes-in-words.ts';

/** How far a download has come: `42 %`, or its bytes where the whole is not known. */
export function progressInWords(bytes: number, ofBytes: number | undefined): string {
  return ofBytes ? `${Math.floor((100 * bytes) / ofBytes)} %` : bytesInWords(bytes);
}
