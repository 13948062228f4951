import { afterEach, beforeEach, expect, test } from 'vitest';
import { HubServer, TOKEN } from '../../test/fakes/hub-server.ts';
import { follower, modelBytes, request, sha256, storeOn } from '../../test/fakes/stored-models.ts';
import type { HubSearch } from '../protocol/hub.ts';
import { searchHub } from './hub-search.ts';

const small = modelBytes(3_000, 1);
const large = modelBytes(90_000, 2);
const half = modelBytes(20_000, 3);

let hub: HubServer;
beforeEach(async () => {
  hub = await HubServer.start({
    'one/Tiny-GGUF': {
      licence: 'mit',
      downloads: 5,
      files: { 'tiny.Q8_0.gguf': large, 'tiny-Q4_K_M.gguf': small, 'README.md': small },
    },
    'two/Split-GGUF': {
      licence: 'gemma',
      downloads: 9,
      isGated: true,
      files: { 'BF16/split-00001-of-00002.gguf': half, 'BF16/split-00002-of-00002.gguf': half },
    },
    'two/Cut-GGUF': { files: { 'cut-00001-of-00002.gguf': half } },
  });
});
afterEach(() => hub.stop());

const search = (wish: Partial<HubSearch> = {}, authorization?: string) =>
  searchHub(
    { text: '', licence: undefined, maxBytes: undefined, ...wish },
    { origin: hub.origin, authorization },
    { fetch, signal: new AbortController().signal },
  );

test('models come with size, hash and licence, the most downloaded first and the smallest first', async () => {
  expect(await search()).toEqual([
    {
      id: 'two/Split-GGUF',
      licence: 'gemma',
      downloads: 9,
      isGated: true,
      models: [
        {
          name: 'split',
          url: `${hub.origin}/two/Split-GGUF/resolve/main/BF16/split-00001-of-00002.gguf`,
          sizeBytes: 40_000,
          files: 2,
          sha256: undefined,
          memoryBytes: 44_000,
        },
      ],
    },
    {
      id: 'one/Tiny-GGUF',
      licence: 'mit',
      downloads: 5,
      isGated: false,
      models: [
        expect.objectContaining({
          name: 'Q4_K_M',
          sizeBytes: 3_000,
          sha256: sha256(small),
          memoryBytes: 3_300,
        }),
        expect.objectContaining({ name: 'Q8_0', sizeBytes: 90_000, sha256: sha256(large) }),
      ],
    },
  ]);
});

test('text, licence and size leave out what was not asked for', async () => {
  const ids = async (wish: Partial<HubSearch>) => (await search(wish)).map(({ id }) => id);
  expect(await ids({ text: 'tiny' })).toEqual(['one/Tiny-GGUF']);
  expect(await ids({ licence: 'gemma' })).toEqual(['two/Split-GGUF']);
  expect(await ids({ maxBytes: 10_000 })).toEqual(['one/Tiny-GGUF']);
  expect(await ids({ maxBytes: 10 })).toEqual([]);
});

test.each([
  ['no list', { error: 'x' }],
  ['names that lead elsewhere', [{ id: '../../evil' }, { id: 'a/b?x=' }, { id: 5 }, null]],
])('a hub that answers with %s finds nothing', async (_, answer) => {
  const asked: string[] = [];
  const strange: typeof fetch = async (url) => {
    asked.push(String(url));
    return Response.json(answer);
  };
  const found = await searchHub(
    { text: '', licence: undefined, maxBytes: undefined },
    { origin: hub.origin, authorization: undefined },
    { fetch: strange, signal: new AbortController().signal },
  );
  expect(found).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('the token goes to the hub, and not to the store that the hub redirects to', async () => {
  const { store } = await storeOn();
  const [{ models }] = (await search({ licence: 'gemma' })) as [Awaited<ReturnType<typeof search>>[number]];
  const url = new URL(models[0]!.url);
  await expect(store.download(request(url), follower())).rejects.toMatchObject({ code: 'not-allowed' });

  hub.requests.length = 0;
  const access = { origin: hub.origin, authorization: `Bearer ${TOKEN}` };
  const stored = await store.download({ ...request(url), access, isGated: true }, follower());
  expect(stored).toMatchObject({ state: 'ready', storedBytes: 40_000, isGated: true });
  const seen = (at: 'hub' | 'store') =>
    new Set(hub.requests.filter((one) => one.at === at).map((one) => one.authorization));
  expect([...seen('hub')]).toEqual([`Bearer ${TOKEN}`]);
  expect([...seen('store')]).toEqual([undefined]);
  expect(JSON.stringify(store.list())).not.toContain(TOKEN);
});

test('a token for one hub is not shown to another', async () => {
  const { store } = await storeOn();
  const access = { origin: 'https://other.example', authorization: `Bearer ${TOKEN}` };
  await store.download(
    { ...request(new URL(`${hub.origin}/one/Tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf`)), access },
    follower(),
  );
  expect(hub.requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
});
