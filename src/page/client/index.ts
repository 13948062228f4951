// What the npm package gives to sites: it finds Hearth, and says how to get it. It has no engine of its own.
import type { Hearth } from '../hearth.d.ts';

export type * from '../hearth.d.ts';

/** The address that clients of OpenAI's and Anthropic's APIs are given. Nothing goes there: `hearth.fetch` answers it. */
export const HEARTH_URL = 'https://hearth.local/v1';

/** Hearth, if this page runs in a browser that has it. */
export function getHearth(): Hearth | undefined {
  return typeof window === 'undefined' ? undefined : window.hearth;
}

export function isInstalled(): boolean {
  return getHearth() !== undefined;
}

/** What a page can show to somebody who has no Hearth. */
export interface InstallAdvice {
  canInstall: boolean;
  /** A sentence. */
  message: string;
}

export function howToInstall(): InstallAdvice {
  const canInstall = typeof navigator !== 'undefined' && /Chrom(e|ium)\//.test(navigator.userAgent);
  const message = canInstall
    ? 'This site uses models that run on your own machine. Add the Hearth extension to this browser, then reload the page.'
    : 'This site uses models that run on your own machine, by the Hearth extension, which needs Chrome or another browser that is built on Chromium.';
  return { canInstall, message };
}

/** Thrown where Hearth is needed and not there. */
export class NotInstalledError extends Error {
  override readonly name = 'NotInstalledError';
  readonly advice: InstallAdvice = howToInstall();

  constructor() {
    super(howToInstall().message);
  }
}

/** Hearth, or a `NotInstalledError` that says how to get it. */
export function requireHearth(): Hearth {
  const hearth = getHearth();
  if (!hearth) throw new NotInstalledError();
  return hearth;
}

/** `hearth.fetch`, looked up when it is called: clients can be made before anybody knows whether Hearth is there. */
export const hearthFetch: typeof fetch = async (input, init) => requireHearth().fetch(input, init);
