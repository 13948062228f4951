import { type ReadonlySignal, signal } from '@preact/signals';
import type { BuiltInSite, SiteConsent } from '../src/protocol/background-calls.ts';
import type { BuiltInChoice } from '../src/protocol/built-in-ai.ts';
import { sentenceOf } from '../src/ui/caller.ts';
import type { Session } from '../src/ui/session.ts';

/** The sites that the user has decided about. */
export interface SitesStore {
  sites: ReadonlySignal<readonly SiteConsent[] | undefined>;
  /** Those for which they have chosen who answers where the browser has built-in AI itself. */
  builtIn: ReadonlySignal<readonly BuiltInSite[] | undefined>;
  error: ReadonlySignal<string | undefined>;
  /** The site whose decision was last forgotten here. */
  forgotten: ReadonlySignal<string | undefined>;
  refresh: () => Promise<void>;
  /** The site must ask again; what it runs now ends. */
  forget: (site: SiteConsent) => Promise<void>;
  choose: (origin: string, choice: BuiltInChoice | 'default') => Promise<void>;
}

export function openSites({ background, engine }: Pick<Session, 'background' | 'engine'>): SitesStore {
  const sites = signal<readonly SiteConsent[]>();
  const builtIn = signal<readonly BuiltInSite[]>();
  const error = signal<string>();
  const forgotten = signal<string>();

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      error.value = undefined;
    } catch (cause) {
      error.value = sentenceOf(cause);
    }
  }

  const read = async () => {
    sites.value = await background('sites', undefined);
    builtIn.value = await background('builtInSites', undefined);
  };
  const refresh = () => attempt(read);
  void refresh();

  return {
    sites,
    builtIn,
    error,
    forgotten,
    refresh,
    forget: ({ origin }) =>
      attempt(async () => {
        // First what is remembered, so that a page which asks in between is not let in again
        await background('decide', { origin, models: [], decision: 'forget' });
        forgotten.value = origin;
        await read();
        await engine('revoke', { origin });
      }),
    choose: (origin, choice) =>
      attempt(async () => {
        await background('chooseBuiltIn', { origin, choice });
        await read();
      }),
  };
}
