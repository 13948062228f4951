import type { SiteConsent } from '../protocol/background-calls.ts';

/** A page, or a frame, that is attached. */
export interface Page {
  /** The browser's word for it; "null" if it has none. */
  readonly origin: string;
  /** Models that the user allowed once: they live as long as this object. */
  readonly once: Set<string>;
  /** What the user decided for its origin, asked for when first needed and again after a change. */
  remembered: Promise<SiteConsent | undefined> | undefined;
  /** A block that cannot be remembered, since the origin is opaque. */
  isBlocked: boolean;
}

export function newPage(origin: string): Page {
  return { origin, once: new Set(), remembered: undefined, isBlocked: false };
}

export function isOpaque(page: Page): boolean {
  return page.origin === 'null';
}
