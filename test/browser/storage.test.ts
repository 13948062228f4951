import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoredModel } from '../../src/storage/model-store.ts';
import { directoryContract } from '../contracts/directory.ts';
import { FileServer, file } from '../fakes/file-server.ts';
import { modelBytes, sha256 } from '../fakes/stored-models.ts';
import { StoragePage } from './storage/harness.ts';

let storage: StoragePage;
let server: FileServer;
let folders = 0;

beforeAll(async () => {
  storage = await StoragePage.open();
  server = await FileServer.start();
});
afterAll(async () => {
  await storage?.close();
  await server?.stop();
});

describe('the origin private file system', () => {
  directoryContract({
    open: () => storage.directory(`contract-${++folders}`),
    leaveRoom: (bytes) => storage.leaveRoom(bytes),
  });
});

describe('the model store in a browser', () => {
  const bytes = modelBytes(3_000_000);
  const half = bytes.length / 2;
  const url = () => server.url().href;
  const models = () => storage.ask<StoredModel[]>('models');

  test('a download that a closing browser cut short goes on in its next life, without a preflight', async () => {
    await storage.ask('openStore', 'resume');
    server.answer(file(bytes, { stallAt: half }));
    const cut = storage.ask('download', url(), sha256(bytes)).catch((error) => error);
    while ((await models())[0]?.storedBytes !== half) await storage.page.waitForTimeout(20);
    await storage.ask('pause');
    expect(await cut).toMatchObject({ code: 'cancelled' });

    await storage.reload();
    await storage.ask('openStore', 'resume');
    expect(await models()).toMatchObject([{ id: 'tiny', state: 'paused', storedBytes: half }]);
    server.answer(file(bytes));
    expect(await storage.ask('download', url(), sha256(bytes))).toMatchObject({ state: 'ready' });
    expect(server.requests).toEqual([{ method: 'GET', path: '/model.gguf', range: `bytes=${half}-` }]);
    expect(await storage.ask('digests', 'tiny')).toEqual([sha256(bytes), sha256(bytes)]);
  });

  test('a disk that is full in the middle keeps what has come, over a new start too', async () => {
    await storage.ask('openStore', 'full');
    await storage.leaveRoom(half);
    // The size is hidden, so that nobody can tell before
    server.answer(file(bytes, { isSizeHidden: true }));
    await expect(storage.ask('download', url())).rejects.toMatchObject({
      code: 'quota',
      message: expect.stringMatching(
        /^The disk has no room for the rest of Tiny\. .* \(1\.\d MB\) is kept\.$/,
      ),
    });
    await storage.leaveRoom(undefined);
    await storage.reload();
    await storage.ask('openStore', 'full');
    const [kept] = await models();
    expect(kept).toMatchObject({ state: 'paused' });
    expect(kept!.storedBytes).toBeGreaterThan(half / 2);
    expect(kept!.storedBytes).toBeLessThanOrEqual(half);

    server.answer(file(bytes));
    await storage.ask('download', url());
    expect(server.requests.map(({ range }) => range)).toEqual([`bytes=${kept!.storedBytes}-`]);
    expect(await storage.ask('digests', 'tiny')).toEqual([sha256(bytes), sha256(bytes)]);
  });

  test('a dropped file is kept, and removed', async () => {
    await storage.ask('openStore', 'dropped');
    const small = modelBytes(100_000, 7);
    const { id } = await storage.ask<StoredModel>('importFile', [...small], 'Mine.gguf');
    expect(id).toBe(`mine-${sha256(small).slice(0, 8)}`);
    expect(await storage.ask('digests', id)).toEqual([sha256(small), sha256(small)]);

    await storage.ask('removeModel', id);
    expect(await models()).toEqual([]);
    await storage.ask('openDirectory', 'dropped');
    expect(await storage.ask('list')).toEqual([]);
  });
});
