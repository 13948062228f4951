import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { FakeTime } from '../../test/fakes/time.ts';
import type { DownloadProgress } from '../protocol/models.ts';
import { BundleStore } from './bundle-store.ts';
import type { HubRepo } from './hub-repo.ts';

const weights = new Uint8Array(300_000).map((_, i) => (i * 7) % 251);
const config = new TextEncoder().encode('{"model_type":"bert"}');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const FILES = {
  small: { path: 'config.json', sizeBytes: config.length, sha256: undefined },
  large: { path: 'onnx/model.onnx', sizeBytes: weights.length, sha256: sha256(weights) },
};

const repo: HubRepo = {
  id: 'owner/model',
  revision: 'a'.repeat(40),
  licence: 'mit',
  files: Object.values(FILES),
  urlOf: (path) => new URL(`https://hub.example/${path}`),
};

/** A hub whose connection breaks after so many bytes, and a store beside it. */
async function open({
  directory = new MemoryDirectory(),
  cutAt = Number.POSITIVE_INFINITY,
  sent = weights,
} = {}) {
  const asked: string[] = [];
  const served: Record<string, Uint8Array> = { '/config.json': config, '/onnx/model.onnx': sent };
  const hub = { cutAt };
  const fetch = (async (url: URL, { headers }: { headers: { Range: string } }) => {
    const bytes = served[url.pathname]!;
    const start = Number(/\d+/.exec(headers.Range)![0]);
    asked.push(`${url.pathname} ${start}`);
    const body = bytes.slice(start, Math.min(bytes.length, hub.cutAt)) as Uint8Array<ArrayBuffer>;
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    return new Response(body, { status: 206, headers: { 'content-range': range, etag: '"1"' } });
  }) as unknown as typeof globalThis.fetch;
  const options = {
    directory,
    time: new FakeTime(),
    fetch,
    estimate: async () => ({}),
    isOnline: () => true,
  };
  return { store: await BundleStore.open(options), asked, hub, directory };
}

function arriving() {
  const progress: DownloadProgress[] = [];
  return {
    progress,
    signal: new AbortController().signal,
    onProgress: (one: DownloadProgress) => void progress.push(one),
  };
}

const text = async (blob: Blob | undefined) => blob && new TextDecoder().decode(await blob.arrayBuffer());

test('files of a repository come to this disk once, and are there after a restart', async () => {
  const { store, asked, directory } = await open();
  const { progress, ...call } = arriving();
  await store.download(repo, repo.files, call);
  await store.download(repo, repo.files, call);
  expect(asked).toEqual(['/config.json 0', '/onnx/model.onnx 0']);
  expect(progress.at(-1)).toMatchObject({
    model: 'owner/model',
    receivedBytes: config.length + weights.length,
  });

  const again = (await open({ directory: directory.afterCrash() })).store;
  expect(await text(await again.read('owner/model', 'config.json'))).toBe('{"model_type":"bert"}');
  expect((await again.read('owner/model', 'onnx/model.onnx'))?.size).toBe(weights.length);
  expect(await again.read('owner/model', 'tokenizer.json')).toBeUndefined();
  expect(again.get('owner/model')).toMatchObject({ source: 'hub', revision: repo.revision, licence: 'mit' });
});

test('a download that broke off goes on where it was, after a crash as well', async () => {
  const first = await open({ cutAt: 100_000 });
  await expect(first.store.download(repo, [FILES.large], arriving())).rejects.toMatchObject({
    code: 'offline',
  });
  expect(await first.store.read('owner/model', 'onnx/model.onnx')).toBeUndefined();

  const second = await open({ directory: first.directory.afterCrash() });
  await second.store.download(repo, [FILES.large], arriving());
  expect(second.asked).toEqual(['/onnx/model.onnx 100000']);
  expect((await second.store.read('owner/model', 'onnx/model.onnx'))?.size).toBe(weights.length);
});

test('bytes that are not those that the hub lists are not kept', async () => {
  const { store } = await open({ sent: weights.map((byte) => byte ^ 1) });
  await expect(store.download(repo, [FILES.large], arriving())).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('its SHA-256 is another one'),
  });
  expect(await store.read('owner/model', 'onnx/model.onnx')).toBeUndefined();
});

test('a file that two models have lies on the disk once, until both are gone', async () => {
  const { store, directory } = await open();
  const folder = [
    { path: 'config.json', file: new Blob([config]) },
    { path: 'model.onnx', file: new Blob([weights]) },
  ];
  const id = await store.import('My model!', folder, arriving());
  expect(id).toMatch(/^my-model-[0-9a-f]{8}$/);
  expect(await store.import('My model!', [...folder].reverse(), arriving())).toBe(id);
  await store.download(repo, repo.files, arriving());
  const files = async () =>
    (await directory.list()).filter(
      ({ name, sizeBytes }) => name.endsWith('.bin') && sizeBytes === weights.length,
    );
  expect(await files()).toHaveLength(1);

  await store.remove(id);
  expect(await files()).toHaveLength(1);
  expect((await store.read('owner/model', 'onnx/model.onnx'))?.size).toBe(weights.length);
  await store.remove('owner/model');
  expect(await directory.list()).toEqual([]);
});

test('what belongs to no record, and records that are damaged, are cleared away', async () => {
  const { store, directory } = await open();
  await store.download(repo, repo.files, arriving());
  const crashed = directory.afterCrash();
  await crashed.writeJson('stray.json', { version: 1, id: 'x' });
  const stray = await crashed.openForWriting('0000.bin');
  await stray.write(0, config);
  stray.close();
  const again = await open({ directory: crashed });
  expect(again.store.list().map(({ id }) => id)).toEqual(['owner/model']);
  expect((await crashed.list()).map(({ name }) => name)).not.toEqual(expect.arrayContaining(['stray.json']));
  expect((await crashed.list()).map(({ name }) => name)).not.toEqual(expect.arrayContaining(['0000.bin']));
});

test('a full disk is told of in a sentence', async () => {
  const { store, directory } = await open();
  directory.capacityBytes = 50_000;
  await expect(store.download(repo, [FILES.large], arriving())).rejects.toMatchObject({ code: 'quota' });
});

test('paths of a dropped folder that lead elsewhere are refused', async () => {
  const { store } = await open();
  for (const path of ['../x.json', 'a/../../b', '/etc/passwd', 'a//b'])
    await expect(store.import('x', [{ path, file: new Blob([config]) }], arriving())).rejects.toMatchObject({
      code: 'bad-input',
    });
});
