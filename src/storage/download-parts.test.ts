import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Answer, FileServer, file, status } from '../../test/fakes/file-server.ts';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { bytesOf, follower, modelBytes, request, sha256, storeOn } from '../../test/fakes/stored-models.ts';
import type { ModelSource } from './model-source.ts';

const SIZES = [100_000, 150_000, 50_000];
const parts = SIZES.map((size, i) => modelBytes(size, i + 1));
const whole = Buffer.concat(parts);
const paths = [1, 2, 3].map((number) => `/deep/Tiny-0000${number}-of-00003.gguf`);

let server: FileServer;
let answers: Map<string, Answer>;
beforeAll(async () => {
  server = await FileServer.start();
});
beforeEach(() => {
  answers = new Map(paths.map((path, i) => [path, file(parts[i]!)]));
  server.answer((request, response) =>
    (answers.get(new URL(request.url!, 'http://server').pathname) ?? status(404))(request, response),
  );
});
afterAll(() => server.stop());

const first = () => request(server.url(`${paths[0]}?download=true`));
const gets = () =>
  server.requests
    .filter(({ method }) => method === 'GET')
    .map(({ path, range }) => `${/-(\d+)-of/.exec(path)![1]} ${range}`);

/** Breaks off at a byte of a part, offline: the download gives up and keeps what has come. */
async function breakOff(directory: MemoryDirectory, part: number, cutAt: number): Promise<void> {
  answers.set(paths[part]!, file(parts[part]!, { cutAt }));
  const { store } = await storeOn(directory, { isOnline: () => false });
  await expect(store.download(first(), follower())).rejects.toMatchObject({ code: 'offline' });
  answers.set(paths[part]!, file(parts[part]!));
  server.requests.length = 0;
}

test('all files of a model come, one behind the other, as one model with one progress', async () => {
  const checked: ModelSource[] = [];
  const { store } = await storeOn(new MemoryDirectory(), {
    check: async (source) => {
      checked.push(source);
      return {};
    },
  });
  const me = follower();
  const model = await store.download(first(), me);

  expect(model).toMatchObject({ state: 'ready', storedBytes: whole.length, sha256: sha256(whole) });
  expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(whole));
  const source = await store.open('tiny');
  expect(source.partSizes).toEqual(SIZES);
  source.close();
  expect(checked.map(({ size, partSizes }) => ({ size, partSizes }))).toEqual([
    { size: whole.length, partSizes: SIZES },
  ]);
  expect(new Set(me.parts.map(({ sizeBytes }) => sizeBytes))).toEqual(new Set([whole.length]));
  const received = me.parts.map(({ receivedBytes }) => receivedBytes);
  expect(received).toEqual([...received].sort((a, b) => a - b));
  expect(received.at(-1)).toBe(whole.length);
  expect(server.requests.every(({ path }) => path.endsWith('.gguf?download=true'))).toBe(true);
});

test('a missing file is named before anything is downloaded', async () => {
  answers.delete(paths[2]!);
  const { store } = await storeOn();
  await expect(store.download(first(), follower())).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('Part 3 of 3, Tiny-00003-of-00003.gguf: '),
  });
  expect(gets()).toEqual([]);
  expect(store.list()).toEqual([]);
});

test('a server that tells no sizes in advance sends all of them the same', async () => {
  for (const [i, path] of paths.entries())
    answers.set(path, (request, response) =>
      (request.method === 'HEAD' ? status(405) : file(parts[i]!, { isSizeHidden: true }))(request, response),
    );
  const { store } = await storeOn();
  const model = await store.download(first(), follower());
  expect(model.sha256).toBe(sha256(whole));
  expect((await store.open('tiny')).partSizes).toEqual(SIZES);
});

test.each([
  { why: 'in the first file', part: 0, cutAt: 40_000, storedBytes: 40_000 },
  { why: 'in the second', part: 1, cutAt: 30_000, storedBytes: 130_000 },
  { why: 'in the last', part: 2, cutAt: 10_000, storedBytes: 260_000 },
])('a download that ended $why goes on from there in the next life', async ({ part, cutAt, storedBytes }) => {
  const directory = new MemoryDirectory();
  await breakOff(directory, part, cutAt);
  const { store } = await storeOn(directory);
  expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes });
  expect((await store.download(first(), follower())).sha256).toBe(sha256(whole));
  expect(gets()[0]).toBe(`0000${part + 1} bytes=${cutAt}-`);
  expect(gets()).toHaveLength(3 - part);
});

test('a part that has become another file while it came begins anew, and those before it stay', async () => {
  const other = modelBytes(150_000, 9);
  let asked = 0;
  answers.set(paths[1]!, (request, response) => {
    const answer =
      request.method === 'HEAD' || asked++ === 0
        ? file(parts[1]!, { cutAt: 70_000 })
        : file(other, { etag: '"2"' });
    answer(request, response);
  });
  const { store } = await storeOn();
  const model = await store.download(first(), follower());
  expect(model.sha256).toBe(sha256(Buffer.concat([parts[0]!, other, parts[2]!])));
  expect(gets().filter((line) => line.startsWith('00001'))).toHaveLength(1);
});

test('a part that has become another file since it came is not joined with the old ones', async () => {
  const directory = new MemoryDirectory();
  await breakOff(directory, 2, 10);
  const others = parts.map((part) => modelBytes(part.length, 7));
  for (const [i, path] of paths.entries()) answers.set(path, file(others[i]!, { etag: '"2"' }));
  const { store } = await storeOn(directory);
  expect((await store.download(first(), follower())).sha256).toBe(sha256(Buffer.concat(others)));
});

test('what turns out not to be a model Hearth can run leaves nothing behind', async () => {
  const { store, directory } = await storeOn(new MemoryDirectory(), {
    check: async (source) => {
      await source.read(120_000, 1);
      throw Object.assign(new Error('This model is of another kind.'), { code: 'unsupported-model' });
    },
  });
  await expect(store.download(first(), follower())).rejects.toThrow('of another kind');
  expect(store.list()).toEqual([]);
  expect(directory.usedBytes).toBe(0);
});

test('dropped files are kept as one model, and known as parts', async () => {
  const { store } = await storeOn();
  const me = { ...follower(), partSizes: SIZES };
  const model = await store.importFile(new Blob(parts), 'Tiny-00001-of-00003.gguf', me);
  expect(model).toMatchObject({ name: 'Tiny', state: 'ready', sha256: sha256(whole) });
  expect((await store.open(model.id)).partSizes).toEqual(SIZES);
  await expect(
    store.importFile(new Blob(parts), 'b.gguf', { ...me, partSizes: [1, 2] }),
  ).rejects.toMatchObject({ code: 'bad-input' });
});
