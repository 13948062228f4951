import * as v from 'valibot';
import type { SiteConsent } from '../protocol/background-calls.ts';
import type { Area } from './area.ts';

/** One key for each site, so that two decisions at once cannot undo each other. */
const PREFIX = 'site ';

const Stored = v.object({
  origin: v.string(),
  decision: v.picklist(['allow', 'block']),
  models: v.array(v.string()),
  decidedAt: v.number(),
});

export interface SiteStore {
  /** Newest first. */
  list(): Promise<SiteConsent[]>;
  get(origin: string): Promise<SiteConsent | undefined>;
  /** Allowing adds models to those allowed before; blocking takes all of them away. */
  decide(origin: string, decision: SiteConsent['decision'], models: string[]): Promise<void>;
  forget(origin: string): Promise<void>;
}

export function siteStore(area: Area, now: () => number): SiteStore {
  const get = async (origin: string) => parseStored((await area.get(PREFIX + origin))[PREFIX + origin]);
  return {
    async list() {
      const stored = await area.get(null);
      return Object.keys(stored)
        .filter((key) => key.startsWith(PREFIX))
        .flatMap((key) => parseStored(stored[key]) ?? [])
        .sort((a, b) => b.decidedAt - a.decidedAt);
    },
    get,
    async decide(origin, decision, models) {
      const before = await get(origin);
      const kept = decision === 'allow' && before?.decision === 'allow' ? before.models : [];
      const consent: SiteConsent = {
        origin,
        decision,
        models: decision === 'allow' ? [...new Set([...kept, ...models])] : [],
        decidedAt: now(),
      };
      await area.set({ [PREFIX + origin]: consent });
    },
    forget: (origin) => area.remove(PREFIX + origin),
  };
}

function parseStored(value: unknown): SiteConsent | undefined {
  const parsed = v.safeParse(Stored, value);
  return parsed.success ? parsed.output : undefined;
}
