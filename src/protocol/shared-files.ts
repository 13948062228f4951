/**
 * What stands behind `navigator.crossOriginStorage` (https://wicg.github.io/cross-origin-storage/): files that sites share
 * by their SHA-256, 64 small hexadecimal digits. Each asks the user first if need be.
 */
export interface SharedFileCalls {
  /** The file, without a name or a date that would tell of who stored it. Fails with `not-found` for all that this site may not know of. */
  findFile: { input: { sha256: string }; part: never; output: Blob };
  /** A write that holds nothing yet; `readers` are further origins that may find the file once it is whole, or all. */
  beginFile: {
    input: { sha256: string; readers: readonly string[] | '*' };
    part: never;
    output: { write: string };
  };
  writeFile: { input: { write: string; at: number; bytes: ArrayBuffer }; part: never; output: undefined };
  truncateFile: { input: { write: string; sizeBytes: number }; part: never; output: undefined };
  /** Only now, and only if its bytes have the hash, is there a file. Fails with `bad-input` if they have not. */
  finishFile: { input: { write: string }; part: never; output: undefined };
  abortFile: { input: { write: string }; part: never; output: undefined };
}

/** A file as its user sees it. */
export interface SharedFile {
  sha256: string;
  sizeBytes: number;
  /** The sites that have stored it. */
  owners: readonly string[];
  isPinned: boolean;
  /** Milliseconds since 1970. */
  lastUsedAt: number;
}

/** What the user does with them. */
export interface SharedFileKeeping {
  sharedFiles: { input: undefined; part: never; output: SharedFile[] };
  /** A pinned file never goes to make room. */
  pinFile: { input: { sha256: string; isPinned: boolean }; part: never; output: undefined };
  removeFiles: { input: { files: readonly string[] }; part: never; output: undefined };
  /** Files that `origin` alone has stored go; the others are no longer its. */
  disownFiles: { input: { origin: string }; part: never; output: undefined };
}

/** The same calls with the browser's word for who asks. */
export type FromOrigin<Calls> = {
  [K in keyof Calls]: Calls[K] extends { input: infer Input; part: infer Part; output: infer Output }
    ? { input: Input & { origin: string }; part: Part; output: Output }
    : never;
};

/** Stands among the models that a site may use, and is none: its space keeps it apart from them. */
export const SHARED_FILES = 'shared files';
