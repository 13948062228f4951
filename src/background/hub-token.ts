import * as v from 'valibot';
import { type HubAccess, MAX_HUB_TOKEN_CHARS } from '../protocol/hub.ts';
import type { Area } from './area.ts';

const KEY = 'hub token';

export const HubToken = v.pipe(
  v.string(),
  v.trim(),
  v.regex(/^[\w-]+$/, 'a token has letters, digits, "_" and "-"'),
  v.maxLength(MAX_HUB_TOKEN_CHARS),
);
const Kept = v.object({ origin: v.string(), token: HubToken });

/** The user's token, which is for the one hub that it was entered for. It leaves this store only on its way there. */
export interface HubTokenStore {
  access(hub: string): Promise<HubAccess>;
  keep(hub: string, token: string | undefined): Promise<void>;
}

export function hubTokenStore(area: Area): HubTokenStore {
  return {
    async access(hub) {
      const { origin } = new URL(hub);
      const kept = (await area.get(KEY))[KEY];
      const isHere = v.is(Kept, kept) && kept.origin === origin;
      return { origin, authorization: isHere ? `Bearer ${kept.token}` : undefined };
    },
    keep: (hub, token) =>
      token === undefined ? area.remove(KEY) : area.set({ [KEY]: { origin: new URL(hub).origin, token } }),
  };
}
