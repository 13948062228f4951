import { expect, test } from 'vitest';
import type { BackgroundCalls, BuiltInSite } from '../src/protocol/background-calls.ts';
import { HearthError } from '../src/protocol/errors.ts';
import type { ScreenCalls } from '../src/protocol/screen-calls.ts';
import type { Caller } from '../src/ui/caller.ts';
import { someSites } from '../test/fakes/screen-scenes.ts';
import { openSites } from './sites-store.ts';

function stage() {
  const seen = {
    calls: [] as unknown[],
    sites: [...someSites],
    builtIn: [] as BuiltInSite[],
    isBroken: false,
  };
  const background: Caller<BackgroundCalls> = async (name, input) => {
    if (seen.isBroken) throw new HearthError('internal', 'Storage is broken.');
    if (name === 'sites') return [...seen.sites] as never;
    if (name === 'builtInSites') return [...seen.builtIn] as never;
    seen.calls.push({ name, input });
    if (name === 'chooseBuiltIn') {
      seen.builtIn = [input as BuiltInSite];
      return undefined as never;
    }
    seen.sites = seen.sites.filter(({ origin }) => origin !== (input as { origin: string }).origin);
    return undefined as never;
  };
  const engine: Caller<ScreenCalls> = async (name, input) => void seen.calls.push({ name, input }) as never;
  return { seen, store: openSites({ background, engine }) };
}

test('a site that is revoked is forgotten first, and then loses what it runs', async () => {
  const { seen, store } = stage();
  const [site] = someSites;
  await store.forget(site!);
  expect(seen.calls).toEqual([
    { name: 'decide', input: { origin: site!.origin, models: [], decision: 'forget' } },
    { name: 'revoke', input: { origin: site!.origin } },
  ]);
  expect(store.sites.value).toEqual(someSites.slice(1));
  expect(store.forgotten.value).toBe(site!.origin);
});

test('a decision that cannot be taken back says so and stays in the list', async () => {
  const { seen, store } = stage();
  await store.refresh();
  seen.isBroken = true;
  await store.forget(someSites[0]!);
  expect(store.error.value).toBe('Storage is broken.');
  expect(store.sites.value).toEqual(someSites);
});

test('a choice of who answers a site is stored and shown', async () => {
  const { seen, store } = stage();
  const choice = { origin: 'https://a', choice: 'own' } as const;
  await store.choose('https://a', 'own');
  expect(seen.calls).toEqual([{ name: 'chooseBuiltIn', input: choice }]);
  expect(store.builtIn.value).toEqual([choice]);
});
