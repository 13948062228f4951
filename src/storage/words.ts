const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** For sentences, in steps of 1024 as the screens count: `512 MB`, `4.1 GB`. */
export function bytesInWords(bytes: number): string {
  const unit = Math.max(0, Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** unit;
  return `${unit >= 2 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** How far a download has come: `42 %`, or its bytes where the whole is not known. */
export function progressInWords(bytes: number, ofBytes: number | undefined): string {
  return ofBytes ? `${Math.floor((100 * bytes) / ofBytes)} %` : bytesInWords(bytes);
}
