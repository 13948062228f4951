import { type ReadonlySignal, signal } from '@preact/signals';
import type { SiteConsent } from '../src/protocol/background-calls.ts';
import { sentenceOf } from '../src/ui/caller.ts';
import type { Session } from '../src/ui/session.ts';

/** The sites that the user has decided about. */
export interface SitesStore {
  sites: ReadonlySignal<readonly SiteConsent[] | undefined>;
  error: ReadonlySignal<string | undefined>;
  /** The site whose decision was last forgotten here. */
  forgotten: ReadonlySignal<string | undefined>;
  refresh: () => Promise<void>;
  /** The site must ask again; what it runs now ends. */
  forget: (site: SiteConsent) => Promise<void>;
}

export function openSites({ background, engine }: Pick<Session, 'background' | 'engine'>): SitesStore {
  const sites = signal<readonly SiteConsent[]>();
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
  };
  const refresh = () => attempt(read);
  void refresh();

  return {
    sites,
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
  };
}
