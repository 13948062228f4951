import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileServer, file } from '../../test/fakes/file-server.ts';
import { modelBytes, sha256, storeOn } from '../../test/fakes/stored-models.ts';
import type { CatalogEntry, DownloadProgress } from '../protocol/models.ts';
import { ModelLibrary } from './model-library.ts';

const bytes = modelBytes(100_000);
let server: FileServer;
beforeAll(async () => {
  server = await FileServer.start();
});
afterAll(() => server.stop());

function listed(url: string, options: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    id: 'listed',
    name: 'Listed',
    about: 'For tests.',
    url,
    revision: '0',
    quant: 'Q8_0',
    sizeBytes: bytes.length,
    sha256: sha256(bytes),
    licence: 'Apache-2.0',
    contextLength: 2048,
    memoryBytes: 200_000,
    parameters: '1M',
    tried: false,
    ...options,
  };
}

async function library({ memoryCap = 1e9 } = {}) {
  const fixture = await storeOn(undefined, {
    check: async () => ({ contextLength: 1024, memoryBytes: 150_000 }),
  });
  const packaged = `data:application/octet-stream;base64,${Buffer.from(bytes.slice(0, 100)).toString('base64')}`;
  return {
    ...fixture,
    library: new ModelLibrary({
      bundled: {
        id: 'hearthside',
        name: 'Hearthside',
        about: 'Ships with Hearth.',
        url: packaged,
        sizeBytes: 100,
        licence: 'MIT',
        contextLength: 1024,
        memoryBytes: 1000,
      },
      catalog: [
        listed(server.url().href),
        listed('https://hub.example/other.gguf', { id: 'other', sha256: null }),
      ],
      store: fixture.store,
      problem: ({ name, memoryBytes = 0 }) =>
        memoryBytes > memoryCap ? `${name} needs more memory than you allow.` : undefined,
    }),
  };
}

function call() {
  const parts: DownloadProgress[] = [];
  const { signal } = new AbortController();
  return { parts, signal, send: async (part: DownloadProgress) => void parts.push(part) };
}

describe('the list of models', () => {
  test('has the bundled model, the catalogue, and what the user added', async () => {
    const { library: models } = await library();
    await models.importFile({ file: new Blob([modelBytes(1000, 3)]), name: 'Mine.gguf' }, call());
    expect(models.models()).toMatchObject([
      {
        id: 'hearthside',
        source: 'bundled',
        state: 'ready',
        storedBytes: 100,
        tried: true,
        about: 'Ships with Hearth.',
      },
      {
        id: 'listed',
        source: 'catalog',
        state: 'available',
        storedBytes: 0,
        url: server.url().href,
        tried: false,
      },
      { id: 'other', source: 'catalog', state: 'available' },
      {
        name: 'Mine',
        source: 'file',
        state: 'ready',
        sizeBytes: 1000,
        contextLength: 1024,
        memoryBytes: 150_000,
      },
    ]);
  });

  test('says which models will not run as things are', async () => {
    const { library: models } = await library({ memoryCap: 170_000 });
    expect(models.info('listed').problem).toBe('Listed needs more memory than you allow.');
    expect(models.info('hearthside').problem).toBeUndefined();
    expect(() => models.info('nobody')).toThrow(/There is no model nobody/);
  });
});

describe('the handlers', () => {
  test('download what is listed, with progress', async () => {
    const { library: models } = await library();
    server.answer(file(bytes));
    const me = call();
    const info = await models.download({ kind: 'catalog', model: 'listed' }, me);
    expect(info).toMatchObject({
      state: 'ready',
      storedBytes: bytes.length,
      contextLength: 1024,
      memoryBytes: 150_000,
    });
    expect(me.parts[0]).toMatchObject({ model: 'listed', sizeBytes: bytes.length, phase: 'downloading' });

    const source = await models.open('listed');
    expect(sha256(await source.read(0, source.size))).toBe(sha256(bytes));
    source.close();
    await models.remove({ model: 'listed' });
    expect(models.info('listed').state).toBe('available');
  });

  test('download from an address, go on by its id, and know a listed address', async () => {
    const { library: models } = await library();
    server.answer(file(bytes));
    const url = server.url('/Other%20Name.gguf').href;
    const added = await models.download({ kind: 'url', url, sha256: sha256(bytes).toUpperCase() }, call());
    expect(added).toMatchObject({ name: 'Other Name', source: 'url', state: 'ready', url });

    const known = await models.download({ kind: 'url', url: server.url().href, sha256: undefined }, call());
    expect(known).toMatchObject({ id: 'listed', source: 'catalog' });
  });

  test('a paused download from an address goes on by its id', async () => {
    const { library: models } = await library();
    const url = server.url('/paused.gguf').href;
    server.answer(file(bytes, { cutAt: 60_000 }));
    await expect(models.download({ kind: 'url', url, sha256: undefined }, call())).rejects.toMatchObject({
      code: 'offline',
    });
    const { id, state, storedBytes } = models.models().at(-1)!;
    expect({ state, storedBytes }).toEqual({ state: 'paused', storedBytes: 60_000 });

    server.answer(file(bytes));
    expect(await models.download({ kind: 'catalog', model: id }, call())).toMatchObject({
      id,
      state: 'ready',
    });
    expect(server.ranges).toEqual(['bytes=60000-']);
  });

  test('know a dropped file that the catalogue lists', async () => {
    const { library: models } = await library();
    const info = await models.importFile({ file: new Blob([bytes]), name: 'renamed.gguf' }, call());
    expect(info).toMatchObject({ id: 'listed', source: 'catalog', state: 'ready' });
  });

  test('open the bundled model, which stays', async () => {
    const { library: models } = await library();
    const source = await models.open('hearthside');
    expect(source.size).toBe(100);
    expect(await source.read(0, 4)).toEqual(bytes.slice(0, 4));
    await expect(models.remove({ model: 'hearthside' })).rejects.toMatchObject({ code: 'bad-input' });
  });

  test.each([
    ['a model that is not listed', { kind: 'catalog', model: 'nobody' }, 'not-found'],
    ['no address', { kind: 'url', url: 'javascript:alert(1)', sha256: undefined }, 'bad-input'],
    ['no hash', { kind: 'url', url: 'https://hub.example/m.gguf', sha256: 'abc' }, 'bad-input'],
  ] as const)('refuse %s', async (_, input, code) => {
    const { library: models } = await library();
    await expect(models.download(input, call())).rejects.toMatchObject({ code });
  });

  test('refuse to open what is not there, and to remove what is no id', async () => {
    const { library: models } = await library();
    await expect(models.open('other')).rejects.toMatchObject({ code: 'not-found' });
    await expect(models.open('../other')).rejects.toMatchObject({ code: 'not-found' });
    await expect(models.remove({ model: '../other' })).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('a reader who is slow misses progress and holds nothing up', async () => {
    const { library: models } = await library();
    server.answer(file(bytes));
    let sent = 0;
    const never = new Promise<void>(() => {});
    const slow = {
      signal: new AbortController().signal,
      send: () => {
        sent++;
        return never;
      },
    };
    await models.download({ kind: 'catalog', model: 'listed' }, slow);
    expect(sent).toBe(1);
  });
});

test('sites find a file by its hash where anybody could have it: not one that was dropped, nor one that a token fetched', async () => {
  const { library: models } = await library();
  const dropped = modelBytes(1000, 3);
  await models.importFile({ file: new Blob([dropped]), name: 'Mine.gguf' }, call());
  expect(await models.publicFile(sha256(dropped))).toBeUndefined();
  expect((await models.publicFile(sha256(bytes.slice(0, 100))))?.size).toBe(100);

  const address = (options: object) => ({
    kind: 'url' as const,
    url: server.url('/other.gguf').href,
    sha256: undefined,
    ...options,
  });
  const other = modelBytes(2000, 5);
  server.answer(file(other));
  const access = { origin: server.url().origin, authorization: 'Bearer x' };
  const { id } = await models.download({ ...address({ isGated: true }), access }, call());
  expect(await models.publicFile(sha256(other))).toBeUndefined();
  // A room is not told where it came from either: who has no token could only fail there
  const urls = async () => (await models.own()).filter(({ sha256: of }) => of === sha256(other));
  expect(await urls()).toMatchObject([{ url: '' }]);
  await models.remove({ model: id });
  // Of a typed address at the hub nobody knows whether it took the token
  await models.download({ ...address({}), access }, call());
  expect(await models.publicFile(sha256(other))).toBeUndefined();
  await models.remove({ model: id });
  await models.download({ ...address({ isGated: false }), access }, call());
  expect((await models.publicFile(sha256(other)))?.size).toBe(2000);
  expect(await urls()).toMatchObject([{ url: address({}).url }]);
});

test.each(['/signed.gguf?X-Signature=secret', '/signed.gguf'])(
  'a room is told the address %s only if it can hold no secret',
  async (path) => {
    const { library: models } = await library();
    const signed = modelBytes(1500, 7);
    server.answer(file(signed));
    const url = new URL(path, server.url('/')).href;
    await models.download({ kind: 'url', url, sha256: undefined }, call());
    const told = (await models.own()).find(({ sha256: of }) => of === sha256(signed))!.url;
    expect(told).toBe(path.includes('?') ? '' : url);
  },
);
