import type { PagePool } from './pages.ts';

/** More than anybody goes back to. */
const MOST_TEXTS = 64;

interface KeptText {
  origin: string;
  tokens: readonly number[];
  /** Full ones only: nobody writes to them again. */
  pages: readonly number[];
}

/**
 * Texts whose keys and values still lie in the cache, though nobody computes with them: the turns of a chat, a
 * prompt that every question begins with. A new text of the same origin starts where it leaves the longest of
 * them; no origin gains or learns anything from another one's. What was used longest ago goes first.
 */
export class KeptTexts {
  readonly #pages: PagePool;
  /** The last used last. */
  #texts: KeptText[] = [];

  constructor(pages: PagePool) {
    this.#pages = pages;
  }

  /** Takes the pages over. What fills no page, and texts that this one goes on from, are given back. */
  keep(origin: string, tokens: readonly number[], pages: readonly number[]): void {
    const full = Math.floor(tokens.length / this.#pages.pageSize);
    this.#pages.give(pages.slice(full));
    if (full === 0) return;
    const text = {
      origin,
      tokens: tokens.slice(0, full * this.#pages.pageSize),
      pages: pages.slice(0, full),
    };
    this.#drop(
      (other) => other.origin === origin && commonLength(other.tokens, text.tokens) === other.tokens.length,
    );
    this.#texts.push(text);
    if (this.#texts.length > MOST_TEXTS) this.dropOldest();
  }

  /** Pages of the longest beginning of `tokens` that is kept, for the caller to hold and not to write to. */
  share(origin: string, tokens: readonly number[]): number[] {
    // The last token has to be computed in any case: its logits choose the next one
    const wanted = tokens.slice(0, -1);
    let best: KeptText | undefined;
    let bestPages = 0;
    for (const text of this.#texts) {
      if (text.origin !== origin) continue;
      const pages = Math.floor(commonLength(text.tokens, wanted) / this.#pages.pageSize);
      if (pages > bestPages) [best, bestPages] = [text, pages];
    }
    if (!best) return [];
    this.#texts = [...this.#texts.filter((text) => text !== best), best];
    const pages = best.pages.slice(0, bestPages);
    this.#pages.share(pages);
    return pages;
  }

  /** False if there is nothing to drop. */
  dropOldest(): boolean {
    const [oldest] = this.#texts;
    this.#drop((text) => text === oldest);
    return oldest !== undefined;
  }

  /** Forgets what one origin said, or everything. */
  forget(origin: string | undefined): void {
    this.#drop((text) => origin === undefined || text.origin === origin);
  }

  #drop(isUnwanted: (text: KeptText) => boolean): void {
    for (const text of this.#texts) if (isUnwanted(text)) this.#pages.give(text.pages);
    this.#texts = this.#texts.filter((text) => !isUnwanted(text));
  }
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
