import type { SiteConsent } from '../protocol/background-calls.ts';

/** A page, or a frame, that is attached. */
export interface Page {
  /** The browser's word for it; "null" if it has none. */
  readonly origin: string;
  /** In a private window: nothing about it is kept. */
  readonly isPrivate: boolean;
  /** Models that the user allowed once: they live as long as this object. */
  readonly once: Set<string>;
  /** What the user decided for its origin, asked for when first needed and again after a change. */
  remembered: Promise<SiteConsent | undefined> | undefined;
  /** A block that is not remembered, since the page has no origin or is private. */
  isBlocked: boolean;
}

export function newPage(origin: string, isPrivate = false): Page {
  return { origin, isPrivate, once: new Set(), remembered: undefined, isBlocked: false };
}

/** Whether anything about the page may outlive it. */
export function isRemembered(page: Page): boolean {
  return !isOpaque(page) && !page.isPrivate;
}

export function isOpaque(page: Page): boolean {
  return page.origin === 'null';
}
