import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import * as limits from '../protocol/limits.ts';
import { DiskRoom } from './disk-room.ts';
import { SharedFiles } from './shared-files.ts';

const bytes = new TextEncoder().encode('a model that many sites use');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const [A, B, C] = ['https://a.example', 'https://b.example', 'https://c.example'] as const;

let directory: MemoryDirectory;
let files: SharedFiles;
let room: DiskRoom;
let now = 0;
let ids = 0;
const open = (on: MemoryDirectory) =>
  SharedFiles.open({ directory: on, room, now: () => ++now, newId: () => `write-${++ids}` });

beforeEach(async () => {
  directory = new MemoryDirectory();
  room = new DiskRoom();
  files = await open(directory);
});

async function store(origin: string, readers: readonly string[] | '*' = [], what = bytes, hash = sha256) {
  const id = await files.begin(origin, hash, readers);
  await files.write(origin, id, 0, what);
  await files.finish(origin, id);
}
const read = async (origin: string, hash = sha256) => (await files.find(origin, hash))?.text();

test('who may find a file: its writer, the same host, those whom a writer names, all if a writer says so', async () => {
  await store(A);
  expect(await read(A)).toBe('a model that many sites use');
  expect(await read('https://a.example:8443')).toBeDefined();
  expect(await read('http://a.example')).toBeUndefined();
  expect(await read(B)).toBeUndefined();

  await store(C, [B]);
  expect([await read(B), await read('https://d.example')].map(Boolean)).toEqual([true, false]);
  await store(C, '*');
  expect(await read('https://d.example')).toBeDefined();
});

test('bytes without the hash are never seen, and leave nothing', async () => {
  const id = await files.begin(A, sha256, '*');
  await files.write(A, id, 0, bytes.with(3, 0));
  expect(await read(A)).toBeUndefined();
  await expect(files.finish(A, id)).rejects.toMatchObject({ code: 'bad-input' });
  expect(await read(A)).toBeUndefined();
  expect(directory.usedBytes).toBe(0);
});

test('nothing can be written behind the check of the hash', async () => {
  const id = await files.begin(A, sha256, '*');
  await files.write(A, id, 0, bytes);
  const done = files.finish(A, id);
  expect(() => files.write(A, id, 0, new Uint8Array(4))).toThrow('over');
  await done;
  expect(await read(B)).toBe('a model that many sites use');
});

test('a write belongs to its origin, and one that is given up leaves nothing', async () => {
  const id = await files.begin(A, sha256, []);
  expect(() => files.write(B, id, 0, bytes)).toThrow('begun by nobody');
  await files.write(A, id, 0, bytes);
  await files.abort(A, id);
  expect(directory.usedBytes).toBe(0);
});

test('who stores what is there already learns nothing from it, and it lies on the disk once', async () => {
  await store(A);
  const used = directory.usedBytes;
  await store(B);
  expect(await read(B)).toBeDefined();
  expect(directory.usedBytes - used).toBeLessThan(100);
  expect(files.list()).toMatchObject([{ owners: [A, B] }]);
});

test('two sites that write the same at once are both its owners', async () => {
  await Promise.all([store(A), store(B)]);
  expect(files.list()).toMatchObject([{ owners: [A, B] }]);
});

test('a site has its quota, whatever others have stored', async () => {
  const id = await files.begin(A, sha256, []);
  const past = limits.MAX_SHARED_BYTES_PER_ORIGIN;
  await expect(files.write(A, id, past, bytes)).rejects.toMatchObject({ code: 'quota' });
  const next = await files.begin(A, sha256, []);
  await expect(files.truncate(A, next, past + 1)).rejects.toMatchObject({ code: 'quota' });
  const open = Array.from({ length: limits.MAX_SHARED_WRITES }, () => files.begin(A, sha256, []));
  await Promise.all(open);
  await expect(files.begin(A, sha256, [])).rejects.toMatchObject({ code: 'busy' });
});

test('a full disk is a sentence about the quota', async () => {
  directory.capacityBytes = 10;
  const id = await files.begin(A, sha256, []);
  await expect(files.write(A, id, 0, bytes)).rejects.toMatchObject({ code: 'quota' });
  expect(directory.usedBytes).toBe(0);
});

test('files and who may find them outlive a crash; what was being written does not', async () => {
  await store(A, [B]);
  const id = await files.begin(A, sha256, []);
  await files.write(A, id, 0, bytes);
  const after = directory.afterCrash();
  const used = directory.usedBytes - bytes.length;
  files = await open(after);
  expect([await read(A), await read(B), await read(C)].map(Boolean)).toEqual([true, true, false]);
  expect(after.usedBytes).toBeLessThan(used + 20);
});

test('what is read has neither the name nor the date of the file that somebody stored', async () => {
  await store(A);
  expect(await files.find(A, sha256)).not.toHaveProperty('lastModified');
});

const other = new TextEncoder().encode('another file, as long as it');
const otherHash = createHash('sha256').update(other).digest('hex');

test('under the user’s limit what was not used for the longest time goes, never what is pinned', async () => {
  room.capBytes = 1.5 * bytes.length;
  await store(A);
  await store(B, [], other, otherHash);
  expect(files.list()).toMatchObject([{ sha256: otherHash }]);

  await files.pin(otherHash, true);
  const id = await files.begin(A, sha256, []);
  await expect(files.write(A, id, 0, bytes)).rejects.toThrow(/under Files in Hearth’s options/);
  expect(files.list()).toMatchObject([{ sha256: otherHash, isPinned: true }]);
  files = await open(directory.afterCrash());
  expect(files.list()).toMatchObject([{ isPinned: true }]);
});

test('the user’s models never go for the files of sites; those go for a model', async () => {
  const model = { id: 'model', sizeBytes: 100, lastUsedAt: 0, mayGo: true };
  const gone: string[] = [];
  room.add({ kept: () => [model], remove: async (id) => void gone.push(id) });
  room.capBytes = 100 + bytes.length;
  await store(A);
  const id = await files.begin(B, otherHash, []);
  await files.write(B, id, 0, other);
  expect([gone, files.list()]).toEqual([[], []]);
  await files.abort(B, id);

  await store(A);
  await room.make(10, { id: 'new' });
  expect(gone).toEqual(['model']);
  model.lastUsedAt = now + 1;
  await room.make(10, { id: 'new' });
  expect(files.list()).toEqual([]);
});

test('a write that found no room is over: what was queued behind it fails too, and nothing of it stays', async () => {
  room.capBytes = 10;
  const id = await files.begin(A, sha256, []);
  const [first, second] = [files.write(A, id, 0, bytes), files.write(A, id, bytes.length, bytes)];
  await expect(first).rejects.toMatchObject({ code: 'quota' });
  await expect(second).rejects.toMatchObject({ code: 'quota' });
  expect(() => files.write(A, id, 0, new Uint8Array(1))).toThrow('over');
  expect([directory.usedBytes, room.isOver]).toEqual([0, false]);
});

test('what a site takes back goes where it alone has stored it, and stays where others have', async () => {
  await store(A);
  await store(B);
  await store(A, [], other, otherHash);
  await files.disown(A);
  expect(files.list()).toMatchObject([{ sha256, owners: [B] }]);
  expect([await read(A), await read(B)].map(Boolean)).toEqual([false, true]);
});
