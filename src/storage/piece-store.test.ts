import { expect, test } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { PieceStore } from './piece-store.ts';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];
const bytes = (value: number, length = 10) => new Uint8Array(length).fill(value);

test('pieces are read back in parts, and what is not there is not made up', async () => {
  const store = await PieceStore.open(new MemoryDirectory(), () => 100);
  await store.write(a, Uint8Array.of(1, 2, 3, 4));
  expect(await store.read(a, 1, 2)).toEqual(Uint8Array.of(2, 3));
  expect(await store.read(a, 2, 4)).toBeUndefined();
  expect(await store.read(b, 0, 1)).toBeUndefined();
});

test('what was noted down outlives a crash, and nothing else does', async () => {
  const directory = new MemoryDirectory();
  const store = await PieceStore.open(directory, () => 100);
  await store.write(a, bytes(1));
  await store.keep();
  await store.write(b, bytes(2));
  const next = await PieceStore.open(directory.afterCrash(), () => 100);
  expect([...next.hashes]).toEqual([a]);
  expect(await next.read(a, 0, 10)).toEqual(bytes(1));
});

test('a piece that is not as long as was noted down is not believed', async () => {
  const directory = new MemoryDirectory();
  const store = await PieceStore.open(directory, () => 100);
  await store.write(a, bytes(1));
  await store.keep();
  const file = await directory.openForWriting(a);
  await file.truncate(5);
  file.close();
  expect((await PieceStore.open(directory, () => 100)).has(a)).toBe(false);
});

test('beyond what may be held, what was used longest ago goes', async () => {
  const directory = new MemoryDirectory();
  const store = await PieceStore.open(directory, () => 25);
  await store.write(a, bytes(1));
  await store.write(b, bytes(2));
  await store.read(a, 0, 1);
  await store.write(c, bytes(3));
  expect([...store.hashes].sort()).toEqual([a, c]);
  expect(directory.usedBytes).toBe(20);
});

test('an index that is no index is as good as none', async () => {
  const directory = new MemoryDirectory();
  await directory.writeJson('held.json', { a: [1] });
  expect((await PieceStore.open(directory, () => 25)).hashes.size).toBe(0);
});
