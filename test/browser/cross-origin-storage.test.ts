// Files that sites share, in real pages: the consent, the rules of who finds what, and libraries that speak this API.
import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from './bundle.ts';
import { fakeEngineBuild, Harness } from './harness.ts';

interface Cache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}
/** The caches of two libraries, each as its own publisher has it; one is loaded by each page. */
declare const sdk: {
  CrossOriginStorage: new () => Cache;
  COSBackend: new () => {
    write(key: string, stream: ReadableStream, hint: { sha256: string }): Promise<void>;
    read(key: string, hint: { sha256: string }): Promise<Blob | null>;
  };
};
interface Storage {
  requestFileHandle(hash: object, options?: object): Promise<FileSystemFileHandle>;
  requestFileHandles(hashes: object[], options?: object): Promise<FileSystemFileHandle[]>;
}
declare global {
  interface Navigator {
    crossOriginStorage: Storage;
  }
}

const MODULES = '../../node_modules';
const page = (script: string) => `<!doctype html><script>${script}</script>`;
const hashOf = (text: string) => ({
  algorithm: 'SHA-256',
  value: createHash('sha256').update(text).digest('hex'),
});
/** More than one frame carries. */
const WEIGHTS = 'w'.repeat(5_000_000);
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${hashOf(WEIGHTS).value}\nsize ${WEIGHTS.length}\n`;

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild(), {
    '/transformers': {
      body: page(
        await bundle(`${MODULES}/@huggingface/transformers/src/utils/cache/CrossOriginStorageCache.js`),
      ),
    },
    '/wllama': { body: page(await bundle(`${MODULES}/@wllama/wllama/src/storage/cos.ts`)) },
    '/some/model/raw/main/model.onnx': { body: POINTER },
  });
  await harness.call('background', 'wake');
});
afterAll(() => harness?.close());

async function allowed(host: string, path = '/'): Promise<Page> {
  const { origin } = new URL(harness.url(`http://${host}.localhost/`));
  await harness.call('background', 'decide', { origin, models: ['shared files'], decision: 'allow' });
  return harness.open(`http://${host}.localhost${path}`);
}

/** Stores a text as a page does. */
const store = (page: Page, text: string, hash: object, options: object = {}) =>
  page.evaluate(
    async ([text, hash, options]) => {
      const handle = await navigator.crossOriginStorage.requestFileHandle(hash, { create: true, ...options });
      const early = await handle.getFile().catch(({ name }) => name);
      const writable = await handle.createWritable();
      await writable.write(new Blob([text]));
      await writable.close();
      return [early, (await (await handle.getFile()).text()) === text];
    },
    [text, hash, options] as const,
  );
const find = (page: Page, hash: object) =>
  page.evaluate(
    (hash) =>
      navigator.crossOriginStorage
        .requestFileHandle(hash)
        .then((handle) => handle.getFile())
        .then((file) => file.text())
        .catch(({ name }) => name),
    hash,
  );

test('the user is asked once for each site; a no is NotAllowedError', async () => {
  const page = await harness.open('http://ask.localhost/');
  const asked = find(page, hashOf('x'));
  const prompt = await harness.prompt();
  expect(await prompt.getByRole('heading').textContent()).toContain('share large files with other sites');
  await harness.answer('Allow');
  expect(await asked).toBe('NotFoundError');
  expect(await find(page, hashOf('x'))).toBe('NotFoundError');
  // Files are not models: hearth itself is still closed to this page
  expect(
    await page.evaluate(() => hearth!.models.list().catch((error) => (error as { code?: string }).code)),
  ).toBe('not-allowed');

  const other = await harness.open('http://no.localhost/');
  const refused = find(other, hashOf('x'));
  await harness.prompt();
  await harness.answer('Block');
  expect(await refused).toBe('NotAllowedError');
});

test('what a page stores is found by its hash, by others only where it says so', async () => {
  const [a, b] = [await allowed('a'), await allowed('b')];
  expect(await store(a, 'mine', hashOf('mine'))).toEqual(['NotAllowedError', true]);
  expect([await find(a, hashOf('mine')), await find(b, hashOf('mine'))]).toEqual(['mine', 'NotFoundError']);

  const { origin } = new URL(b.url());
  await store(a, 'for b', hashOf('for b'), { origins: [origin] });
  expect(await find(b, hashOf('for b'))).toBe('for b');
  // Who can bring the bytes may read them, and learns nothing else
  expect(await store(b, 'mine', hashOf('mine'))).toEqual(['NotAllowedError', true]);
});

test('a hostile page finds no way around the rules', async () => {
  const a = await allowed('a');
  await store(a, 'secret', hashOf('secret'));
  const page = await allowed('hostile');
  const outcomes = await page.evaluate(
    async ([secret, absent]) => {
      const storage = navigator.crossOriginStorage;
      const nameOf = (act: () => Promise<unknown>) => act().then(String, ({ name }) => name);
      const create = (hash: object) => storage.requestFileHandle(hash, { create: true, origins: '*' });
      const close = async (hash: object, options?: object) => {
        const writable = await (await create(hash)).createWritable(options);
        await writable.write('wrong');
        await writable.close();
      };
      const cut = async (hash: object) => (await (await create(hash)).createWritable()).close();
      return {
        // The same for what is here and what is not
        read: [
          await nameOf(() => storage.requestFileHandle(secret)),
          await nameOf(() => storage.requestFileHandle(absent)),
        ],
        early: [
          await nameOf(async () => (await create(secret)).getFile()),
          await nameOf(async () => (await create(absent)).getFile()),
        ],
        wrong: [
          await nameOf(() => close(secret, { keepExistingData: true })),
          await nameOf(() => close(absent)),
        ],
        empty: [await nameOf(() => cut(secret)), await nameOf(() => cut(absent))],
        bad: await Promise.all(
          [
            {},
            { algorithm: 'SHA-256', value: 'AB' },
            { algorithm: 'MD5', value: 'a'.repeat(64) },
            undefined,
          ].map((hash) => nameOf(() => storage.requestFileHandle(hash as object))),
        ),
        origins: await nameOf(() =>
          storage.requestFileHandle(secret, { create: true, origins: ['no origin'] }),
        ),
        grant: await hearth!.request({ models: ['shared files'] }).catch((error) => error.code),
      };
    },
    [hashOf('secret'), hashOf('absent')] as const,
  );
  const twice = (name: string) => [name, name];
  expect(outcomes).toEqual({
    read: twice('NotFoundError'),
    early: twice('NotAllowedError'),
    wrong: twice('DataError'),
    empty: twice('DataError'),
    bad: Array(4).fill('TypeError'),
    origins: 'TypeError',
    grant: 'bad-input',
  });
  expect(await find(page, hashOf('secret'))).toBe('NotFoundError');
});

test('Transformers.js on one site stores what its copy on another finds, without a second download', async () => {
  const url = '/some/model/resolve/main/model.onnx';
  const a = await allowed('a', '/transformers');
  await a.evaluate(
    ([url, weights]) => new sdk.CrossOriginStorage().put(location.origin + url, new Response(weights)),
    [url, WEIGHTS] as const,
  );
  const c = await allowed('c', '/transformers');
  const found = await c.evaluate(async (url) => {
    const response = await new sdk.CrossOriginStorage().match(location.origin + url);
    return (await response?.text())?.length;
  }, url);
  expect(found).toBe(WEIGHTS.length);
});

test('wllama’s cache keeps its files here, piece by piece as they come', async () => {
  const page = await allowed('d', '/wllama');
  const { value: sha256 } = hashOf('one two');
  const read = await page.evaluate(async (sha256) => {
    const cache = new sdk.COSBackend();
    await cache.write('key', new Blob(['one ', 'two']).stream(), { sha256 });
    return (await cache.read('key', { sha256 }))?.text();
  }, sha256);
  expect(read).toBe('one two');
  // The shape of earlier drafts
  const names = await page.evaluate(
    async (value) =>
      (await navigator.crossOriginStorage.requestFileHandles([{ algorithm: 'SHA-256', value }])).map(
        ({ name }) => name,
      ),
    sha256,
  );
  expect(names).toEqual([sha256]);
});
