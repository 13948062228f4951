/** Blocks that read equally far back: they share page tables, and the numbers of their pages. */
export interface PageGroup {
  /** Positions that a row reads, its own included; 0 is all. Pages wholly behind them are given back. */
  window: number;
  pageCount: number;
}

/** Of one group: the pages of a sequence, from index `first` on. */
export interface PageRun {
  first: number;
  pages: number[];
}

/** Of each group, in order; none before the first page. */
export type HeldPages = PageRun[];

/**
 * Pages that stay behind a window: what ends a little later than a text that is kept, by guesses of steps in flight
 * and by a page that is not full, must not have given back what goes on from there.
 */
const SLACK_PAGES = 2;

/** Pages that one sequence holds at most between steps, in a group with a window. */
export function pagesOfWindow(window: number, pageSize: number): number {
  return Math.ceil(window / pageSize) + 1 + SLACK_PAGES;
}

/** What all sequences of a step hold besides while it runs. */
export function pagesOfStep(maxRows: number, pageSize: number): number {
  return Math.ceil(maxRows / pageSize) + 1;
}

/**
 * The pages of the KV cache. A page holds `pageSize` positions of every block of its group. Sequences whose texts begin
 * alike may hold the same full pages, which nobody writes to again; a page is free once nobody holds it.
 */
export class PagePools {
  readonly #pools: { window: number; free: number[]; holders: Uint32Array }[];
  readonly #maxRows: number;

  constructor(
    groups: readonly PageGroup[],
    readonly pageSize: number,
    maxRows: number,
  ) {
    this.#maxRows = maxRows;
    this.#pools = groups.map(({ window, pageCount }) => ({
      window,
      free: Array.from({ length: pageCount }, (_, page) => pageCount - 1 - page),
      holders: new Uint32Array(pageCount),
    }));
  }

  /** Whether a text of so many positions, of which some are held, would find its pages free. */
  hasRoomFor(positions: number, held: HeldPages): boolean {
    return this.#pools.every(({ window, free }, group) => {
      const all = this.#pagesFor(positions) - (held[group] ? end(held[group]) : 0);
      const most = pagesOfWindow(window, this.pageSize) + pagesOfStep(this.#maxRows, this.pageSize);
      return free.length >= (window === 0 ? all : Math.min(all, most));
    });
  }

  /** Takes pages for positions up to `positions`, and tells of each. False if some group has too few: call again. */
  extend(
    held: HeldPages,
    positions: number,
    onPage: (group: number, index: number, page: number) => void,
  ): boolean {
    return this.#pools.every(({ free, holders }, group) => {
      held[group] ??= { first: 0, pages: [] };
      const run = held[group];
      while (end(run) < this.#pagesFor(positions)) {
        const page = free.pop();
        if (page === undefined) return false;
        holders[page] = 1;
        onPage(group, end(run), page);
        run.pages.push(page);
      }
      return true;
    });
  }

  /** Gives back what no row from `position` on will read. Steps in flight that do run before those of a new owner. */
  trim(held: HeldPages, position: number): void {
    for (const [group, run] of held.entries()) {
      const needed = this.#firstNeeded(group, position) - SLACK_PAGES;
      const count = Math.min(run.pages.length, Math.max(0, needed - run.first));
      this.#give(group, run.pages.splice(0, count));
      run.first += count;
    }
  }

  /** One more holder of the first `count` pages, or undefined if some that a row behind them reads are gone. */
  share(held: HeldPages, count: number): HeldPages | undefined {
    const isWhole = held.every(
      (run, group) => run.first <= this.#firstNeeded(group, count * this.pageSize) && end(run) >= count,
    );
    if (!isWhole) return undefined;
    return held.map(({ first, pages }, group) => {
      const shared = pages.slice(0, count - first);
      for (const page of shared) this.#pools[group]!.holders[page]! += 1;
      return { first, pages: shared };
    });
  }

  /** All pages from index `from` on. */
  give(held: HeldPages, from = 0): void {
    for (const [group, run] of held.entries())
      this.#give(group, run.pages.splice(Math.max(0, from - run.first)));
    if (from === 0) held.length = 0;
  }

  #give(group: number, pages: readonly number[]): void {
    const { free, holders } = this.#pools[group]!;
    for (const page of pages) {
      holders[page]! -= 1;
      if (holders[page] === 0) free.push(page);
    }
  }

  /** Index of the first page that a row at `position` reads. */
  #firstNeeded(group: number, position: number): number {
    const { window } = this.#pools[group]!;
    return window === 0 ? 0 : Math.floor(Math.max(0, position + 1 - window) / this.pageSize);
  }

  #pagesFor(positions: number): number {
    return Math.ceil(positions / this.pageSize);
  }
}

function end({ first, pages }: PageRun): number {
  return first + pages.length;
}
