import { expect, test } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { TextStore } from './text-store.ts';

const A = { origin: 'https://a.example', model: 'm 1' };
const bytesOf = (seed: number, length = 100) => Uint8Array.from({ length }, (_, i) => (i * seed) % 251);

async function open({ capBytes = 1000, directory = new MemoryDirectory(), now = { is: 0 } } = {}) {
  const time = { now: () => ++now.is };
  const store = await TextStore.open({ directory, time, capBytes });
  return { store, directory, again: () => open({ capBytes, directory, now }) };
}

test('a text is there after the browser was closed, for its owner alone', async () => {
  const { store, again } = await open();
  await store.save(A, [1, 2, 3], bytesOf(3));
  const { store: later } = await again();
  const found = await later.find(A, [1, 2, 3, 4]);
  expect(found!.tokens).toEqual([1, 2, 3]);
  expect(await found!.read()).toEqual(bytesOf(3));
  expect(await later.find({ ...A, origin: 'https://b.example' }, [1, 2, 3])).toBeUndefined();
  expect(await later.find({ ...A, model: 'm 2' }, [1, 2, 3])).toBeUndefined();
  expect(await later.find(A, [9, 2, 3])).toBeUndefined();
});

test('the text that has most in common is found, and one that goes on from another takes its place', async () => {
  const { store } = await open();
  await store.save(A, [1, 2, 3], bytesOf(1));
  await store.save(A, [1, 2, 3, 4], bytesOf(2));
  await store.save(A, [1, 9], bytesOf(3));
  expect(store.sizeBytes).toBe(200);
  expect((await store.find(A, [1, 2, 7]))!.tokens).toEqual([1, 2, 3, 4]);
  expect((await store.find(A, [1, 9, 7]))!.tokens).toEqual([1, 9]);
});

test('under the cap, what was used longest ago goes first', async () => {
  const { store, again } = await open({ capBytes: 250 });
  await store.save(A, [1], bytesOf(1));
  await store.save(A, [2], bytesOf(2));
  await (await store.find(A, [1]))!.read();
  // When each was used is remembered
  const { store: later } = await again();
  await later.save(A, [3], bytesOf(3));
  expect(await later.find(A, [2])).toBeUndefined();
  expect((await later.find(A, [1]))!.tokens).toEqual([1]);
  await later.save(A, [4], bytesOf(4, 251));
  expect(await later.find(A, [4])).toBeUndefined();
  expect(later.sizeBytes).toBe(200);
});

test('a full disk leaves no half of a text', async () => {
  const { store, directory, again } = await open();
  await store.save(A, [1], bytesOf(1));
  directory.capacityBytes = 300;
  await expect(store.save(A, [2], bytesOf(2, 900))).rejects.toThrow();
  const { store: later } = await again();
  expect(await later.find(A, [2])).toBeUndefined();
  expect(await (await later.find(A, [1]))!.read()).toEqual(bytesOf(1));
});

test('a site that is forgotten leaves nothing', async () => {
  const { store, directory, again } = await open();
  await store.save(A, [1], bytesOf(1));
  await store.save({ ...A, origin: 'https://b.example' }, [1], bytesOf(2));
  await store.forget(A.origin);
  const { store: later } = await again();
  expect(await later.find(A, [1])).toBeUndefined();
  expect((await directory.list()).filter(({ name }) => name.endsWith('.text'))).toHaveLength(1);
});

test('whatever byte of a file is changed, the text is gone and nothing else happens', async () => {
  const { store, directory, again } = await open();
  await store.save(A, [1, 2, 3], bytesOf(3, 20));
  const [{ name, sizeBytes }] = (await directory.list()).filter(({ name }) => name.endsWith('.text')) as [
    { name: string; sizeBytes: number },
  ];
  const file = await directory.openForReading(name);
  const sound = await file.read(0, sizeBytes);
  file.close();
  for (let at = 0; at <= sizeBytes; at += 1) {
    const damaged = await directory.openForWriting(name);
    // The last one is cut off
    if (at === sizeBytes) await damaged.truncate(sizeBytes - 1);
    else
      await damaged.write(
        0,
        sound.map((byte, i) => (i === at ? byte ^ 0x10 : byte)),
      );
    damaged.close();
    const { store: later } = await again();
    const found = await later.find(A, [1, 2, 3]);
    expect(await found?.read()).toBeUndefined();
    expect(await later.find(A, [1, 2, 3])).toBeUndefined();
  }
});

test('a lower cap holds at once, and none keeps nothing', async () => {
  const { store, directory } = await open({ capBytes: 1000 });
  for (const id of [1, 2, 3]) await store.save(A, [id], bytesOf(id));
  await (await store.find(A, [1]))!.read();
  await store.limit(200);
  expect(store.sizeBytes).toBe(200);
  expect(await store.find(A, [2])).toBeUndefined();
  await store.limit(0);
  await store.save(A, [4], bytesOf(4));
  expect(store.sizeBytes).toBe(0);
  expect((await directory.list()).filter(({ name }) => name.endsWith('.text'))).toEqual([]);
  await store.limit(100);
  await store.save(A, [4], bytesOf(4));
  expect(store.sizeBytes).toBe(100);
});
