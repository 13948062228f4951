import { expect, test } from 'vitest';
import { modelBytes, storeOn } from '../../test/fakes/stored-models.ts';
import type { ModelStore } from './model-store.ts';

const MB = 1_000_000;

async function filled(names: string[], capBytes = 3 * MB) {
  const { store, time } = await storeOn();
  await store.limit({ capBytes, needed: '' });
  for (const [i, name] of names.entries()) {
    await add(store, name, i + 1);
    time.pass(1_000);
  }
  return { store, time };
}
async function add(store: ModelStore, name: string, seed: number, bytes = MB): Promise<string> {
  const signal = new AbortController().signal;
  const file = new Blob([modelBytes(bytes, seed)]);
  return (await store.importFile(file, `${name}.gguf`, { signal, onProgress() {} })).id;
}
const names = (store: ModelStore) =>
  store
    .list()
    .map(({ name }) => name)
    .sort();
const idOf = (store: ModelStore, name: string) => store.list().find((model) => model.name === name)!.id;

test('under the limit everything stays; over it goes what was not used for the longest time', async () => {
  const { store, time } = await filled(['a', 'b', 'c']);
  expect(names(store)).toEqual(['a', 'b', 'c']);
  time.pass(1_000);
  (await store.open(idOf(store, 'a'))).close();
  await add(store, 'd', 4);
  expect(names(store)).toEqual(['a', 'c', 'd']);
});

test('what is pinned, open or needed never goes', async () => {
  const { store } = await filled(['a', 'b', 'c']);
  await store.pin(idOf(store, 'a'), true);
  const open = await store.open(idOf(store, 'b'));
  await store.limit({ capBytes: 3 * MB, needed: idOf(store, 'c') });
  await expect(add(store, 'd', 4)).rejects.toMatchObject({ code: 'quota' });
  expect(names(store)).toEqual(['a', 'b', 'c']);
  open.close();
  await add(store, 'd', 4);
  expect(names(store)).toEqual(['a', 'c', 'd']);
});

test('nothing goes for a model that would not fit even then', async () => {
  const { store } = await filled(['a', 'b']);
  await expect(add(store, 'd', 4, 4 * MB)).rejects.toMatchObject({ code: 'quota' });
  expect(names(store)).toEqual(['a', 'b']);
});

test('a lower limit holds at once; a pin outlives the engine’s next start', async () => {
  const { store } = await filled(['a', 'b', 'c']);
  await store.pin(idOf(store, 'a'), true);
  expect(store.list().find(({ name }) => name === 'a')).toMatchObject({ isPinned: true });
  await store.limit({ capBytes: MB, needed: '' });
  expect(names(store)).toEqual(['a']);
});
