import { describe, expect, test } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { bytesOf, follower, modelBytes, request, sha256, storeOn } from '../../test/fakes/stored-models.ts';
import { HearthError } from '../protocol/errors.ts';
import { MAX_STORED_MODELS } from '../protocol/limits.ts';

const bytes = modelBytes(50_000);
const dropped = (content = bytes) => new Blob([content]);

describe('a dropped file', () => {
  test('is copied whole and named for its bytes', async () => {
    const { store } = await storeOn();
    const me = follower();
    const model = await store.importFile(dropped(), 'My Model.gguf', me);

    expect(model).toMatchObject({
      id: `my-model-${sha256(bytes).slice(0, 8)}`,
      name: 'My Model',
      source: 'file',
      state: 'ready',
      storedBytes: bytes.length,
      sha256: sha256(bytes),
    });
    expect(sha256(await bytesOf(store, model.id))).toBe(sha256(bytes));
    expect(me.parts.at(-1)).toMatchObject({ receivedBytes: bytes.length, sizeBytes: bytes.length });
  });

  test('is one model however often and under whatever name it is dropped', async () => {
    const { store, directory } = await storeOn();
    const first = await store.importFile(dropped(), 'a.gguf', follower());
    const [again, together] = await Promise.all([
      store.importFile(dropped(), 'a.gguf', follower()),
      store.importFile(dropped(), 'a.gguf', follower()),
    ]);
    expect([again.id, together.id]).toEqual([first.id, first.id]);
    expect(await directory.list()).toHaveLength(2);
  });

  test('that the catalogue knows takes its place, and ends a download that had begun', async () => {
    const half = bytes.slice(0, 25_000);
    const cut = async () =>
      new Response(half, { headers: { 'Content-Length': `${bytes.length}`, ETag: '"1"' } });
    const { store, directory } = await storeOn(undefined, { fetch: cut });
    const url = 'https://hub.example/m.gguf';
    await store.download(request(new URL(url)), follower()).catch(() => {});
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: 25_000 });
    const identity = { id: 'tiny', name: 'Tiny', source: 'catalog', url } as const;
    const identify = (hash: string) => (hash === sha256(bytes) ? identity : undefined);

    const model = await store.importFile(dropped(), 'other-name.gguf', { ...follower(), identify });
    expect(model).toMatchObject({ ...identity, state: 'ready' });
    expect((await directory.list()).map(({ name }) => name).sort()).toEqual([
      expect.stringMatching(/^import-.*\.gguf$/),
      'tiny.json',
    ]);
  });

  test.each([
    { why: 'something else', content: new Uint8Array(100), code: 'bad-model' },
    { why: 'an empty file', content: new Uint8Array(0), code: 'bad-model' },
  ])('$why is refused before anything is copied', async ({ content, code }) => {
    const { store, directory } = await storeOn();
    await expect(store.importFile(dropped(content), 'x.gguf', follower())).rejects.toMatchObject({ code });
    expect(await directory.list()).toEqual([]);
  });

  test("the engine's word comes before the copy", async () => {
    const { store, directory } = await storeOn(undefined, {
      async check(source) {
        expect(await source.read(0, 4)).toEqual(bytes.slice(0, 4));
        await expect(source.read(source.size - 1, 2)).rejects.toMatchObject({ code: 'bad-model' });
        throw new HearthError('unsupported-model', 'No.');
      },
    });
    await expect(store.importFile(dropped(), 'x.gguf', follower())).rejects.toMatchObject({
      code: 'unsupported-model',
    });
    expect(await directory.list()).toEqual([]);
  });

  test('that the user takes back leaves nothing', async () => {
    const { store, directory } = await storeOn();
    const me = follower();
    const importing = store.importFile(dropped(), 'x.gguf', { ...me, onProgress: () => me.leave() });
    await expect(importing).rejects.toMatchObject({ code: 'cancelled' });
    expect(await directory.list()).toEqual([]);
  });

  test('for which there is no room leaves nothing, told before or in the middle', async () => {
    const directory = new MemoryDirectory();
    directory.capacityBytes = 20_000;
    for (const quota of [20_000, 1e12]) {
      const { store } = await storeOn(directory, { estimate: async () => ({ usage: 0, quota }) });
      await expect(store.importFile(dropped(), 'x.gguf', follower())).rejects.toMatchObject({
        code: 'quota',
        message: expect.stringMatching(/options page, then start again\.$/),
      });
      expect(await directory.list()).toEqual([]);
    }
  });

  test('that has gone from its disk says so', async () => {
    const { store, directory } = await storeOn();
    const blob = dropped();
    blob.stream = () =>
      new ReadableStream({
        pull(controller) {
          controller.error(new DOMException('gone', 'NotReadableError'));
        },
      });
    await expect(store.importFile(blob, 'x.gguf', follower())).rejects.toMatchObject({
      code: 'gone',
      message: expect.stringMatching(/^x can no longer be read: it was moved or changed/),
    });
    expect(await directory.list()).toEqual([]);
  });
});

describe('a stored model', () => {
  async function withModel() {
    const fixture = await storeOn();
    const { id } = await fixture.store.importFile(dropped(), 'a.gguf', follower());
    return { ...fixture, id };
  }

  test('is read by several at once, exactly and not past its end', async () => {
    const { store, id } = await withModel();
    const [one, two] = await Promise.all([store.open(id), store.open(id)]);
    expect(one!.size).toBe(bytes.length);
    expect(await one!.read(100, 3)).toEqual(bytes.slice(100, 103));
    one!.close();
    expect(await two!.read(49_999, 1)).toEqual(bytes.slice(-1));
    await expect(two!.read(49_999, 2)).rejects.toMatchObject({ code: 'bad-model' });
    await expect(two!.read(-1, 1)).rejects.toMatchObject({ code: 'bad-model' });
    two!.close();
  });

  test('is not removed while it is open', async () => {
    const { store, directory, id } = await withModel();
    const source = await store.open(id);
    const other = await store.open(id);
    other.close();
    other.close();
    await expect(store.remove(id)).rejects.toMatchObject({
      code: 'busy',
      message: 'a is loaded. Unload it first, then remove it.',
    });
    source.close();
    await store.remove(id);
    expect(await directory.list()).toEqual([]);
    await expect(store.open(id)).rejects.toMatchObject({ code: 'not-found' });
    await store.remove(id);
  });

  test('remembers over a restart what it is and when it was used', async () => {
    const { store, directory, time, id } = await withModel();
    const before = store.get(id)!;
    time.pass(1_000_000);
    (await store.open(id)).close();

    const after = await storeOn(directory.afterCrash());
    expect(after.store.get(id)).toEqual({ ...before, lastUsedAt: before.lastUsedAt + 1_000_000 });
    expect(sha256(await bytesOf(after.store, id))).toBe(sha256(bytes));
  });

  test('is not lost over what its file says of itself', async () => {
    const odd = {
      licence: 'x'.repeat(5000),
      contextLength: Number.NaN,
      memoryBytes: Number.POSITIVE_INFINITY,
    };
    const { store, directory } = await storeOn(undefined, { check: async () => odd });
    const { id } = await store.importFile(dropped(), 'a.gguf', follower());
    const after = await storeOn(directory.afterCrash());
    expect(after.store.get(id)).toMatchObject({ state: 'ready', facts: undefined });
  });

  test('is one of a limited number', async () => {
    const { store } = await storeOn();
    for (let n = 0; n < MAX_STORED_MODELS; n++)
      await store.importFile(dropped(modelBytes(20, n)), 'm.gguf', follower());
    await expect(store.importFile(dropped(), 'm.gguf', follower())).rejects.toMatchObject({ code: 'quota' });
    const download = store.download(request(new URL('https://hub.example/m.gguf')), follower());
    await expect(download).rejects.toMatchObject({ code: 'quota' });
  });
});

describe('what a crash leaves', () => {
  test('is cleared at the next start: copies without a record, records without bytes, and damage', async () => {
    const { store, directory } = await storeOn();
    const { id, file } = await store.importFile(dropped(), 'a.gguf', follower());
    const lost = await store.importFile(dropped(modelBytes(100, 9)), 'b.gguf', follower());
    const after = directory.afterCrash();
    const copy = await after.openForWriting('import-1-1.gguf');
    await copy.write(0, bytes);
    copy.close();
    await after.remove(lost.file);
    await after.writeJson('nonsense.json', { version: 1, id: 'nonsense', file: '../../a.gguf' });
    await after.writeJson('liar.json', { ...((await after.readJson(`${id}.json`)) as object), id: 'other' });

    const next = await storeOn(after);
    expect(next.store.list().map((model) => model.id)).toEqual([id]);
    expect((await after.list()).map(({ name }) => name).sort()).toEqual([file, `${id}.json`].sort());
  });

  test('a file that lost its end is not taken for whole', async () => {
    const { store, directory } = await storeOn();
    const identity = {
      id: 'tiny',
      name: 'Tiny',
      source: 'catalog',
      url: 'https://hub.example/m.gguf',
    } as const;
    const { file } = await store.importFile(dropped(), 'a.gguf', { ...follower(), identify: () => identity });
    const after = directory.afterCrash();
    const cut = await after.openForWriting(file);
    await cut.truncate(1000);
    cut.close();

    const next = await storeOn(after);
    expect(next.store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: 1000 });
    await expect(next.store.open('tiny')).rejects.toMatchObject({ code: 'not-found' });
  });
});
