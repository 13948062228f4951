import type { HeldPages, PagePools } from './pages.ts';
import { commonLength } from './saved-texts.ts';

/** More than anybody goes back to. */
const MOST_TEXTS = 64;

export interface KeptText {
  origin: string;
  /** What computed it beside the model. */
  adapters: string;
  tokens: readonly number[];
  /** Full ones only: nobody writes to them again. */
  pages: HeldPages;
}

/** The beginning of a text that lies in the cache. */
export interface SharedStart {
  pages: HeldPages;
  positions: number;
}

/**
 * Texts whose keys and values still lie in the cache, though nobody computes with them: the turns of a chat, a
 * prompt that every question begins with. A new text of the same origin and adapters starts where it leaves the longest of
 * them; no origin gains or learns anything from another one's. What was used longest ago goes first.
 *
 * A model with windows has given back what lay behind them, so there a new text starts from a kept one only if it goes
 * on from its end.
 */
export class KeptTexts {
  readonly #pages: PagePools;
  /** The last used last. */
  #texts: KeptText[] = [];
  /** A text goes, since others need its room. True if its pages were taken over, to be given back later. */
  onEvict: (text: KeptText) => boolean = () => false;

  constructor(pages: PagePools) {
    this.#pages = pages;
  }

  /** Takes the pages over. What fills no page, and texts that this one goes on from, are given back. */
  keep(origin: string, adapters: string, tokens: readonly number[], pages: HeldPages): void {
    const full = Math.floor(tokens.length / this.#pages.pageSize);
    this.#pages.give(pages, full);
    if (full === 0) return;
    const text = {
      origin,
      adapters,
      tokens: tokens.slice(0, full * this.#pages.pageSize),
      pages: pages.splice(0),
    };
    this.#drop(
      (other) =>
        other.origin === origin &&
        other.adapters === adapters &&
        commonLength(other.tokens, text.tokens) === other.tokens.length,
    );
    this.#texts.push(text);
    if (this.#texts.length > MOST_TEXTS) this.dropOldest();
  }

  /** The longest beginning of `tokens` that is kept: pages for the caller to hold and not to write to. */
  share(origin: string, adapters: string, tokens: readonly number[]): SharedStart {
    // The last token has to be computed in any case: its logits choose the next one
    const wanted = tokens.slice(0, -1);
    const byLength = this.#texts
      .filter((text) => text.origin === origin && text.adapters === adapters)
      .map((text) => ({
        text,
        count: Math.floor(commonLength(text.tokens, wanted) / this.#pages.pageSize),
      }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count);
    for (const { text, count } of byLength) {
      const pages = this.#pages.share(text.pages, count);
      if (!pages) continue;
      this.#texts = [...this.#texts.filter((other) => other !== text), text];
      return { pages, positions: count * this.#pages.pageSize };
    }
    return { pages: [], positions: 0 };
  }

  /** How much of the beginning of `tokens` is kept, in positions. */
  keptOf(origin: string, adapters: string, tokens: readonly number[]): number {
    return this.#texts
      .filter((text) => text.origin === origin && text.adapters === adapters)
      .reduce((most, text) => Math.max(most, commonLength(text.tokens, tokens)), 0);
  }

  /** Texts of no adapters, with the pages of a single group; the last used last. Each is held until it is given back. */
  hold(): { origin: string; tokens: readonly number[]; pages: HeldPages }[] {
    return this.#texts.flatMap(({ origin, adapters, tokens, pages }) => {
      const held =
        adapters === '' ? this.#pages.share(pages, tokens.length / this.#pages.pageSize) : undefined;
      return held ? [{ origin, tokens, pages: held }] : [];
    });
  }

  /** False if there is nothing to drop. */
  dropOldest(): boolean {
    const oldest = this.#texts.shift();
    if (oldest && !this.onEvict(oldest)) this.#pages.give(oldest.pages);
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
