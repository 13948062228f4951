import { expect, test } from 'vitest';
import type { Directory } from '../../src/storage/directory.ts';

export interface TestedDisk {
  /** An empty directory. */
  open(): Promise<Directory>;
  /** Leaves so many bytes free on the disk, or as many as before. */
  leaveRoom(bytes: number | undefined): Promise<void>;
}

/** What every `Directory` keeps to. */
export function directoryContract({ open, leaveRoom }: TestedDisk): void {
  const bytes = (...values: number[]) => Uint8Array.from(values);

  test('what was written is read back, at any offset', async () => {
    const directory = await open();
    const file = await directory.openForWriting('a.gguf');
    await file.write(0, bytes(1, 2, 3, 4, 5));
    await file.write(2, bytes(30, 40));
    await file.flush();
    expect(file.sizeBytes).toBe(5);
    expect(await file.read(1, 3)).toEqual(bytes(2, 30, 40));
    file.close();

    const again = await directory.openForReading('a.gguf');
    expect(again.sizeBytes).toBe(5);
    expect(await again.read(0, 5)).toEqual(bytes(1, 2, 30, 40, 5));
    again.close();
  });

  test('a read past the end gives what there is', async () => {
    const directory = await open();
    const file = await directory.openForWriting('a');
    await file.write(0, bytes(1, 2, 3));
    expect(await file.read(2, 10)).toEqual(bytes(3));
    expect(await file.read(3, 10)).toEqual(bytes());
    expect(await file.read(9, 10)).toEqual(bytes());
    file.close();
  });

  test('a file that is opened again for writing keeps what is in it', async () => {
    const directory = await open();
    const first = await directory.openForWriting('a');
    await first.write(0, bytes(1, 2, 3));
    first.close();

    const second = await directory.openForWriting('a');
    expect(second.sizeBytes).toBe(3);
    await second.write(3, bytes(4));
    expect(await second.read(0, 9)).toEqual(bytes(1, 2, 3, 4));
    second.close();
  });

  test('a gap is filled with zeros; truncate cuts and lengthens', async () => {
    const directory = await open();
    const file = await directory.openForWriting('a');
    await file.write(3, bytes(9));
    expect(await file.read(0, 9)).toEqual(bytes(0, 0, 0, 9));
    await file.truncate(1);
    expect(file.sizeBytes).toBe(1);
    await file.truncate(2);
    expect(await file.read(0, 9)).toEqual(bytes(0, 0));
    file.close();
  });

  test('several readers share a file', async () => {
    const directory = await open();
    const writer = await directory.openForWriting('a');
    await writer.write(0, bytes(1, 2, 3));
    writer.close();

    const one = await directory.openForReading('a');
    const two = await directory.openForReading('a');
    one.close();
    expect(await two.read(0, 3)).toEqual(bytes(1, 2, 3));
    two.close();
  });

  test('a writer is alone, and an open file is not removed', async () => {
    const directory = await open();
    const writer = await directory.openForWriting('a');
    const busy = expect.objectContaining({ code: 'busy' });
    await expect(directory.openForWriting('a')).rejects.toEqual(busy);
    await expect(directory.openForReading('a')).rejects.toEqual(busy);
    await expect(directory.remove('a')).rejects.toEqual(busy);
    writer.close();

    const reader = await directory.openForReading('a');
    await expect(directory.openForWriting('a')).rejects.toEqual(busy);
    await expect(directory.remove('a')).rejects.toEqual(busy);
    reader.close();
    await directory.remove('a');
    expect(await directory.list()).toEqual([]);
  });

  test('a file that is not there cannot be read, and removing it is no error', async () => {
    const directory = await open();
    await expect(directory.openForReading('a')).rejects.toMatchObject({ code: 'not-found' });
    await directory.remove('a');
  });

  test('the list gives names and sizes', async () => {
    const directory = await open();
    const file = await directory.openForWriting('a.gguf');
    await file.write(0, bytes(1, 2, 3));
    file.close();
    await directory.writeJson('a.json', [1]);

    const entries = (await directory.list()).sort((a, b) => a.name.localeCompare(b.name));
    expect(entries).toEqual([
      { name: 'a.gguf', sizeBytes: 3 },
      { name: 'a.json', sizeBytes: 3 },
    ]);
  });

  test('JSON is replaced whole; what is no JSON, or not there, reads as undefined', async () => {
    const directory = await open();
    expect(await directory.readJson('a.json')).toBeUndefined();
    await directory.writeJson('a.json', { text: 'a longer value than the next', list: [1, 2] });
    await directory.writeJson('a.json', { text: 'ü' });
    expect(await directory.readJson('a.json')).toEqual({ text: 'ü' });

    const file = await directory.openForWriting('b.json');
    await file.write(0, bytes(0x7b, 0x22));
    file.close();
    expect(await directory.readJson('b.json')).toBeUndefined();
  });

  test('a full disk says so, whatever the call, and what was there stays', async () => {
    const directory = await open();
    const full = expect.objectContaining({ name: 'QuotaExceededError' });
    const file = await directory.openForWriting('a');
    await file.write(0, new Uint8Array(1000).fill(1));
    await directory.writeJson('a.json', 'old');
    await leaveRoom(50_000);
    try {
      await expect(file.write(1000, new Uint8Array(200_000).fill(2))).rejects.toEqual(full);
      await expect(file.truncate(300_000)).rejects.toEqual(full);
      await expect(directory.writeJson('a.json', 'x'.repeat(200_000))).rejects.toEqual(full);
      expect(await directory.readJson('a.json')).toBe('old');

      // Some of it may have been written: cut, it is as before
      await file.truncate(1000);
      expect(await file.read(0, 2000)).toEqual(new Uint8Array(1000).fill(1));
      await file.write(1000, bytes(3));
      expect(file.sizeBytes).toBe(1001);
    } finally {
      await leaveRoom(undefined);
      file.close();
    }
  });
}
