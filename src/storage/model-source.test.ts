import { expect, test } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { fileSource } from './model-source.ts';

async function opened(...bytes: number[]) {
  const directory = new MemoryDirectory();
  const file = await directory.openForWriting('a.gguf');
  await file.write(0, Uint8Array.from(bytes));
  return { file, source: fileSource(file) };
}

test('a file on disk is read at once into memory that is there already, at any place of both', async () => {
  const { source } = await opened(1, 2, 3, 4, 5);
  const into = new Uint8Array(6).fill(9);
  source.readInto!(1, into.subarray(2, 5));
  expect([...into]).toEqual([9, 9, 2, 3, 4, 9]);
});

test('bytes past the end are no bytes, also of a file that has become shorter meanwhile', async () => {
  const { file, source } = await opened(1, 2, 3, 4, 5);
  const into = new Uint8Array(3);
  expect(() => source.readInto!(3, into)).toThrow('ends at byte 5, but bytes 3 to 6 were asked for');
  await file.truncate(2);
  expect(() => source.readInto!(1, into)).toThrow('cut short or damaged');
  await expect(source.read(1, 3)).rejects.toThrow('cut short or damaged');
});

test('where reading has to wait, nothing promises to read at once', async () => {
  const { file } = await opened(1, 2, 3);
  expect(fileSource({ ...file, sizeBytes: 3, readInto: undefined }).readInto).toBeUndefined();
});
