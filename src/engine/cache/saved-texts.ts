/** Whose a saved text is, and what it was computed with: it serves nobody and nothing else. */
export interface TextOwner {
  origin: string;
  /** Names the model's bytes, how its cache is kept, and the version of both. */
  model: string;
}

/** A text that is on disk, with what the cache holds of it. */
export interface SavedText {
  tokens: readonly number[];
  sizeBytes: number;
  /** Of each page in order, all blocks' keys and values. Undefined if the file is not what was saved: it is gone then. */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Where texts outlive their time on the device. What fails here costs time alone: none of it is told to anybody. */
export interface SavedTexts {
  /** The one that has most of the beginning of `tokens`. */
  find(owner: TextOwner, tokens: readonly number[]): Promise<SavedText | undefined>;
  /** Keeps a text, in place of those that it goes on from, for as long as there is room. */
  save(owner: TextOwner, tokens: readonly number[], bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Forgets what one origin said, or everything. */
  forget(origin: string | undefined): Promise<void>;
}

/** How many tokens two texts have alike, from the first on. */
export function commonLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
