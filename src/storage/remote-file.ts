/** What a server said of a file. It is kept beside the bytes, to know whether a later answer is about the same file. */
export interface RemoteFile {
  sizeBytes?: number | undefined;
  /** Strong ones only: a weak one may stand for other bytes. */
  etag?: string | undefined;
  lastModified?: string | undefined;
}

/** A 200 or 206 answer, read. */
export interface RemoteAnswer extends RemoteFile {
  /** Where the body begins in the file. */
  start: number;
}

/** `asked` is the offset in the request's Range header. */
export function readAnswer({ status, headers }: Response, asked: number): RemoteAnswer {
  const etag = headers.get('etag') ?? undefined;
  const lastModified = headers.get('last-modified') ?? undefined;
  // The length of a packed body is not that of the file
  const isPacked = (headers.get('content-encoding') ?? 'identity') !== 'identity';
  const bodyBytes = isPacked ? undefined : wholeNumber(headers.get('content-length'));
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  // A server of another origin may keep Content-Range from us; it sends what was asked for all the same
  const start = status === 206 ? (wholeNumber(range?.[1]) ?? asked) : 0;
  const rest = bodyBytes === undefined ? undefined : start + bodyBytes;
  return {
    start,
    sizeBytes: range ? wholeNumber(range[2]) : rest,
    etag: etag?.startsWith('W/') ? undefined : etag,
    lastModified,
  };
}

/** The size that a 416 answer tells: `bytes *\/1234`. */
export function sizeFromRefusal({ headers }: Response): number | undefined {
  return wholeNumber(/^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]);
}

/**
 * Whether bytes that are here and bytes that are offered belong together. If a hash will tell in the end
 * (`isVerifiable`), equal sizes do: hubs answer from several stores whose tags differ for the same bytes.
 */
export function isSameFile(here: RemoteFile, offered: RemoteFile, isVerifiable: boolean): boolean {
  const sizes = [here.sizeBytes, offered.sizeBytes];
  if (!sizes.includes(undefined) && sizes[0] !== sizes[1]) return false;
  if (isVerifiable) return true;
  if (here.etag && offered.etag) return here.etag === offered.etag;
  return here.lastModified !== undefined && here.lastModified === offered.lastModified;
}

/** Whether a server says of a file that is here in full that it has become another one. */
export function isOtherFile(here: RemoteFile, offered: RemoteFile): boolean {
  const differ = (key: keyof RemoteFile) =>
    here[key] !== undefined && offered[key] !== undefined && here[key] !== offered[key];
  const hasTags = here.etag !== undefined && offered.etag !== undefined;
  return differ('sizeBytes') || differ('etag') || (!hasTags && differ('lastModified'));
}

function wholeNumber(text: string | null | undefined): number | undefined {
  const number = text && /^\d+$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}
