import * as v from 'valibot';
import type { BuiltInSite } from '../protocol/background-calls.ts';
import { BUILT_IN_CHOICES, type BuiltInChoice } from '../protocol/built-in-ai.ts';
import type { Area } from './area.ts';

const PREFIX = 'built-in ';

const Choice = v.picklist(BUILT_IN_CHOICES);

/** For which sites the user has chosen who answers where the browser has built-in AI itself. One key for each site. */
export interface BuiltInSiteStore {
  list(): Promise<BuiltInSite[]>;
  get(origin: string): Promise<BuiltInChoice | undefined>;
  choose(origin: string, choice: BuiltInChoice): Promise<void>;
  forget(origin: string): Promise<void>;
}

export function builtInSiteStore(area: Area): BuiltInSiteStore {
  return {
    async list() {
      const stored = await area.get(null);
      return Object.entries(stored).flatMap(([key, value]) =>
        key.startsWith(PREFIX) && v.is(Choice, value)
          ? [{ origin: key.slice(PREFIX.length), choice: value }]
          : [],
      );
    },
    async get(origin) {
      const choice = (await area.get(PREFIX + origin))[PREFIX + origin];
      return v.is(Choice, choice) ? choice : undefined;
    },
    choose: (origin, choice) => area.set({ [PREFIX + origin]: choice }),
    forget: (origin) => area.remove(PREFIX + origin),
  };
}
