/**
 * The pages of the KV cache. A page holds `pageSize` positions of every layer. Sequences whose texts begin alike may
 * hold the same full pages, which nobody writes to again; a page is free once nobody holds it.
 */
export class PagePool {
  readonly #free: number[];
  readonly #holders: Uint32Array;

  constructor(
    readonly count: number,
    readonly pageSize: number,
  ) {
    this.#free = Array.from({ length: count }, (_, page) => count - 1 - page);
    this.#holders = new Uint32Array(count);
  }

  get freeCount(): number {
    return this.#free.length;
  }

  pagesFor(positions: number): number {
    return Math.ceil(positions / this.pageSize);
  }

  take(): number | undefined {
    const page = this.#free.pop();
    if (page !== undefined) this.#holders[page] = 1;
    return page;
  }

  /** One more holder of pages that somebody holds. */
  share(pages: Iterable<number>): void {
    for (const page of pages) this.#holders[page]! += 1;
  }

  give(pages: Iterable<number>): void {
    for (const page of pages) {
      this.#holders[page]! -= 1;
      if (this.#holders[page] === 0) this.#free.push(page);
    }
  }
}
