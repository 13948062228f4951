import type { Directory, WritableFile } from '../../../src/storage/directory.ts';
import { openOpfsDirectory } from '../../../src/storage/opfs-directory.ts';
import type { Answer } from './page.ts';

/** What the test may ask of this worker. Open files are numbered, since handles cannot leave the worker. */
let directory: Directory;
const files: WritableFile[] = [];

const calls: Record<string, (...args: never[]) => unknown> = {
  async openDirectory(name: string) {
    directory = await openOpfsDirectory(name);
  },
  list: () => directory.list(),
  remove: (name: string) => directory.remove(name),
  readJson: (name: string) => directory.readJson(name),
  writeJson: (name: string, value: unknown) => directory.writeJson(name, value),
  openForReading: async (name: string) =>
    files.push((await directory.openForReading(name)) as WritableFile) - 1,
  openForWriting: async (name: string) => files.push(await directory.openForWriting(name)) - 1,
  sizeBytes: (file: number) => files[file]!.sizeBytes,
  read: async (file: number, offset: number, length: number) => [
    ...(await files[file]!.read(offset, length)),
  ],
  write: (file: number, offset: number, bytes: number[]) =>
    files[file]!.write(offset, Uint8Array.from(bytes)),
  truncate: (file: number, sizeBytes: number) => files[file]!.truncate(sizeBytes),
  flush: (file: number) => files[file]!.flush(),
  close: (file: number) => files[file]!.close(),
};

self.onmessage = async ({ data: { id, name, args } }) => {
  let answer: Answer;
  try {
    answer = { value: await calls[name]!(...(args as never[])) };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    answer = { code, message };
  }
  self.postMessage({ id, ...answer });
};
