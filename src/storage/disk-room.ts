import type { RecordBook } from './record-book.ts';

/** The user's limit on what models take of the disk: what was not used for the longest time goes first. */
export class DiskRoom {
  capBytes = Number.POSITIVE_INFINITY;
  /** Pages that name no model are answered by this one. */
  needed = '';

  constructor(
    private readonly book: RecordBook,
    private readonly isInUse: (id: string) => boolean,
  ) {}

  /** What may still come; `id`'s own bytes that are here are not counted as room. */
  freeBytes(id?: string): number {
    return Math.max(0, this.capBytes - this.#usedBytes(id) - (this.book.get(id ?? '')?.savedBytes ?? 0));
  }

  /** Makes room for a model of `sizeBytes`, of which nothing is counted yet. If all that may go is not enough, nothing goes. */
  async make(sizeBytes: number, id?: string): Promise<void> {
    let over = this.#usedBytes(id) + sizeBytes - this.capBytes;
    if (over <= 0) return;
    const idle = this.book
      .list()
      .filter(
        (record) =>
          record.state === 'complete' &&
          record.id !== id &&
          record.id !== this.needed &&
          !record.isPinned &&
          !this.isInUse(record.id),
      )
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt);
    if (sizeBytes > 0 && idle.reduce((sum, { savedBytes }) => sum + savedBytes, 0) < over) return;
    for (const record of idle) {
      if (over <= 0) return;
      await this.book.delete(record);
      over -= record.savedBytes;
    }
  }

  /** What the others take: those on their way, all that they will. */
  #usedBytes(id: string | undefined): number {
    return this.book
      .list()
      .filter((record) => record.id !== id)
      .reduce(
        (sum, { id, savedBytes, sizeBytes = 0 }) =>
          sum + (this.isInUse(id) ? Math.max(savedBytes, sizeBytes) : savedBytes),
        0,
      );
  }
}
