import { expect, test } from 'vitest';
import { someModels } from '../test/fakes/screen-scenes.ts';
import { HearthError } from '../src/protocol/errors.ts';
import type { DownloadProgress, ModelInfo } from '../src/protocol/models.ts';
import type { ScreenCalls } from '../src/protocol/screen-calls.ts';
import type { Caller } from '../src/ui/caller.ts';
import { LIST, openModels } from './models-store.ts';

const settle = () => new Promise(setImmediate);
const available = someModels.find(({ state }) => state === 'available')!;

/** An engine whose one transfer the test moves on by hand. */
function stage() {
  const seen = { models: [...someModels] as ModelInfo[], requests: [] as unknown[], isGone: false };
  let progress!: (part: DownloadProgress) => void;
  let end!: (error?: Error) => void;
  const engine: Caller<ScreenCalls> = (name, input, options) => {
    if (seen.isGone) return Promise.reject(new HearthError('gone', 'The engine went away.'));
    if (name === 'models') return Promise.resolve([...seen.models] as never);
    seen.requests.push(input);
    if (name === 'remove') {
      seen.models = seen.models.filter(({ id }) => id !== (input as { model: string }).model);
      return Promise.resolve(undefined as never);
    }
    const { signal, onPart } = (options ?? {}) as { signal?: AbortSignal; onPart: typeof progress };
    return new Promise<never>((resolve, reject) => {
      progress = onPart;
      end = (error) => (error ? reject(error) : resolve(undefined as never));
      if (signal) signal.onabort = () => reject(new HearthError('cancelled', 'The call was cancelled.'));
    });
  };
  const store = openModels({ engine });
  return { seen, store, progress: (part: DownloadProgress) => progress(part), end: (e?: Error) => end(e) };
}

const part = (model: string): DownloadProgress => ({
  model,
  receivedBytes: 10,
  sizeBytes: 100,
  bytesPerSecond: 5,
  phase: 'downloading',
});

test('a download shows its progress, and the list is read again when it ends', async () => {
  const { seen, store, progress, end } = stage();
  await store.refresh();
  const done = store.download(available);
  progress(part(available.id));
  expect(store.transfers.value).toEqual([
    { key: available.id, label: available.name, progress: part(available.id) },
  ]);
  seen.models = seen.models.map((m) => (m.id === available.id ? { ...m, state: 'ready' } : m));
  end();
  await done;
  expect(store.transfers.value).toEqual([]);
  expect(store.models.value?.find(({ id }) => id === available.id)?.state).toBe('ready');
});

test('asking twice for one model starts one download', async () => {
  const { seen, store } = stage();
  void store.download(available);
  void store.download(available);
  expect(seen.requests).toEqual([{ kind: 'catalog', model: available.id }]);
});

test('a pause is no error', async () => {
  const { store } = stage();
  const done = store.download(available);
  store.pause(available.id);
  await done;
  expect(store.errors.value.size).toBe(0);
  expect(store.transfers.value).toEqual([]);
});

test('an address is paused by the id that its model turned out to have', async () => {
  const { store, progress } = stage();
  const done = store.addUrl('https://hub.example/q.gguf', undefined);
  progress(part('q'));
  store.pause('q');
  await done;
  expect(store.transfers.value).toEqual([]);
});

test('a failure stands beside its model until the next try', async () => {
  const { store, end } = stage();
  await store.refresh();
  const done = store.download(available);
  end(new HearthError('quota', 'The disk is full.'));
  await done;
  expect(store.errors.value.get(available.id)).toBe('The disk is full.');
  void store.download(available);
  expect(store.errors.value.has(available.id)).toBe(false);
});

test('the failure of an address that has a model in the list moves to that model', async () => {
  const { seen, store, progress, end } = stage();
  const done = store.addUrl('https://hub.example/q.gguf', undefined);
  seen.models.push({ ...available, id: 'q', source: 'url', state: 'paused' });
  progress(part('q'));
  end(new HearthError('offline', 'There is no network.'));
  await done;
  await settle();
  expect([...store.errors.value]).toEqual([['q', 'There is no network.']]);
});

test('a list that cannot be read says so, and what was known stays', async () => {
  const { seen, store } = stage();
  await store.refresh();
  seen.isGone = true;
  await store.refresh();
  expect(store.errors.value.get(LIST)).toBe('The engine went away.');
  expect(store.models.value).toHaveLength(someModels.length);
});

test('a deleted model leaves the list', async () => {
  const { store } = stage();
  await store.remove(available);
  expect(store.models.value?.some(({ id }) => id === available.id)).toBe(false);
});

test('the files of a model in several are added as one, whatever else was dropped with them', async () => {
  const { seen, store, end } = stage();
  const files = ['a-00002-of-00002.gguf', 'a-00001-of-00002.gguf'].map((name) => new File([name], name));
  const done = store.addFiles(files);
  await settle();
  const [{ file, ...request }] = seen.requests as [{ file: Blob }];
  expect(request).toEqual({ name: 'a-00001-of-00002.gguf', partSizes: [21, 21] });
  expect(await file.text()).toBe('a-00001-of-00002.ggufa-00002-of-00002.gguf');
  end();
  await done;

  await store.addFiles([files[0]!]);
  expect(seen.requests).toHaveLength(1);
  expect(store.errors.value.get('a-00002-of-00002.gguf')).toMatch(
    /comes in 2 files, and a-00001-of-00002.gguf is missing/,
  );
});

test('an adapter is added to a model under the name of its file, and a refusal is shown at the model', async () => {
  const { seen, store, end } = stage();
  await store.refresh();
  const file = new File(['x'], 'pirate.gguf');
  const refused = store.addAdapter(available, file);
  expect(seen.requests).toEqual([{ model: available.id, adapter: 'pirate.gguf', file, scale: 1 }]);
  end(new HearthError('bad-model', 'The adapter is for another model.'));
  await refused;
  expect(store.errors.value.get(available.id)).toBe('The adapter is for another model.');

  const removed = store.removeAdapter(available, 'pirate.gguf');
  expect(seen.requests.at(-1)).toEqual({ model: available.id, adapter: 'pirate.gguf' });
  end();
  await removed;
  expect(store.errors.value.has(available.id)).toBe(false);
});
