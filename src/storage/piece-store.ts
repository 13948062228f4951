import type { Directory } from './directory.ts';

const INDEX = 'held.json';

/**
 * Pieces of models that other machines have had this one fetch, each a file that is named for its SHA-256. Those that
 * were not noted down (`keep`) when the browser ended are gone: nobody knows whether they are whole.
 */
export class PieceStore {
  /** Bytes by hash; what was used last comes last. */
  readonly #held: Map<string, number>;

  private constructor(
    private readonly directory: Directory,
    /** All together may take so much; beyond that, what was used longest ago goes. */
    private readonly maxBytes: () => number,
    held: Map<string, number>,
  ) {
    this.#held = held;
  }

  static async open(directory: Directory, maxBytes: () => number): Promise<PieceStore> {
    const noted = entriesOf(await directory.readJson(INDEX));
    const held = new Map<string, number>();
    for (const { name, sizeBytes } of await directory.list()) {
      if (name === INDEX) continue;
      if (noted.get(name) === sizeBytes) held.set(name, sizeBytes);
      else await directory.remove(name);
    }
    return new PieceStore(directory, maxBytes, held);
  }

  get hashes(): ReadonlySet<string> {
    return new Set(this.#held.keys());
  }

  has(sha256: string): boolean {
    return this.#held.has(sha256);
  }

  /** Bytes [at, at + bytes); nothing if they are not there. */
  async read(sha256: string, at: number, bytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const size = this.#held.get(sha256);
    if (size === undefined || at + bytes > size) return undefined;
    this.#held.delete(sha256);
    this.#held.set(sha256, size);
    const file = await this.directory.openForReading(sha256);
    try {
      return await file.read(at, bytes);
    } finally {
      file.close();
    }
  }

  /** Resolves when it would outlive a loss of power. */
  async write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#makeRoom(bytes.length);
    const file = await this.directory.openForWriting(sha256);
    try {
      await file.truncate(bytes.length);
      await file.write(0, bytes);
      await file.flush();
    } finally {
      file.close();
    }
    this.#held.set(sha256, bytes.length);
  }

  /** Notes down what is held. */
  async keep(): Promise<void> {
    await this.directory.writeJson(INDEX, [...this.#held]);
  }

  async #makeRoom(bytes: number): Promise<void> {
    let used = bytes + [...this.#held.values()].reduce((sum, size) => sum + size, 0);
    for (const [sha256, size] of [...this.#held]) {
      if (used <= this.maxBytes()) return;
      this.#held.delete(sha256);
      used -= size;
      // Somebody may be reading it: then it goes at the next start
      await this.directory.remove(sha256).catch(() => {});
    }
  }
}

/** Of a file that may have been written by anybody. */
function entriesOf(value: unknown): Map<string, number> {
  if (!Array.isArray(value)) return new Map();
  return new Map(
    value.filter(
      (entry): entry is [string, number] =>
        Array.isArray(entry) && /^[0-9a-f]{64}$/.test(entry[0]) && Number.isSafeInteger(entry[1]),
    ),
  );
}
