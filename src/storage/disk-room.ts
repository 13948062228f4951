/** What lies on the disk under the user's limit, and may make room for something else. */
export interface Kept {
  id: string;
  sizeBytes: number;
  lastUsedAt: number;
  /** False for what is pinned, in use, needed, or not whole yet. */
  mayGo: boolean;
}

/** One kind of things that are kept. */
export interface Shelf {
  kept(): Kept[];
  remove(id: string): Promise<void>;
}

/** The user's limit on what all shelves together take of the disk: what was not used for the longest time goes first. */
export class DiskRoom {
  capBytes = Number.POSITIVE_INFINITY;
  readonly #shelves: Shelf[] = [];

  add(shelf: Shelf): void {
    this.#shelves.push(shelf);
  }

  get isOver(): boolean {
    return this.#usedBytes() > this.capBytes;
  }

  /** What may still come beside everything but `id`. */
  freeBytes(id?: string): number {
    return Math.max(0, this.capBytes - this.#usedBytes(id));
  }

  /**
   * Makes room for `sizeBytes`, of which nothing is counted yet but what `id` has. If all that may go is not enough, nothing
   * goes. Only what lies on `from` goes, if that is given.
   */
  async make(sizeBytes: number, { id, from }: { id?: string; from?: Shelf } = {}): Promise<void> {
    const over = this.#usedBytes(id) + sizeBytes - this.capBytes;
    const idle = this.#idle(from).filter((kept) => kept.id !== id);
    if (idle.reduce((sum, kept) => sum + kept.sizeBytes, 0) >= over) await this.#clear(idle, over);
  }

  /** Holds the limit, as far as what may go is enough. */
  async hold(): Promise<void> {
    await this.#clear(this.#idle(), this.#usedBytes() - this.capBytes);
  }

  #idle(from?: Shelf) {
    return this.#shelves
      .filter((shelf) => !from || shelf === from)
      .flatMap((shelf) => shelf.kept().map((kept) => ({ ...kept, shelf })))
      .filter(({ mayGo }) => mayGo)
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt);
  }

  async #clear(idle: readonly (Kept & { shelf: Shelf })[], over: number): Promise<void> {
    for (const { id, sizeBytes, shelf } of idle) {
      if (over <= 0) return;
      await shelf.remove(id);
      over -= sizeBytes;
    }
  }

  #usedBytes(id?: string): number {
    return this.#shelves
      .flatMap((shelf) => shelf.kept())
      .reduce((sum, kept) => (kept.id === id ? sum : sum + kept.sizeBytes), 0);
  }
}
