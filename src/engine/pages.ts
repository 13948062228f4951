/** Which pages of the KV cache are free. A page holds `pageSize` positions of every layer. */
export class PagePool {
  readonly #free: number[];

  constructor(
    readonly count: number,
    readonly pageSize: number,
  ) {
    this.#free = Array.from({ length: count }, (_, page) => count - 1 - page);
  }

  get freeCount(): number {
    return this.#free.length;
  }

  pagesFor(positions: number): number {
    return Math.ceil(positions / this.pageSize);
  }

  take(): number | undefined {
    return this.#free.pop();
  }

  give(pages: Iterable<number>): void {
    this.#free.push(...pages);
  }
}
