import type { Directory, WritableFile } from '../../../src/storage/directory.ts';
import { DiskRoom } from '../../../src/storage/disk-room.ts';
import { ModelStore } from '../../../src/storage/model-store.ts';
import { openOpfsDirectory } from '../../../src/storage/opfs-directory.ts';
import { systemTime } from '../../../src/storage/time.ts';
import type { Answer } from './page.ts';

/** What the test may ask of this worker. Open files are numbered, since handles cannot leave the worker. */
let directory: Directory;
const files: WritableFile[] = [];
let store: ModelStore;
let pausing = new AbortController();

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

  async openStore(name: string) {
    store = await ModelStore.open({
      room: new DiskRoom(),
      directory: await openOpfsDirectory(name),
      time: systemTime,
      fetch,
      estimate: () => navigator.storage.estimate(),
      isOnline: () => navigator.onLine,
      check: async () => ({}),
    });
  },
  models: () => store.list(),
  async download(url: string, sha256?: string) {
    pausing = new AbortController();
    const request = { id: 'tiny', name: 'Tiny', source: 'url', url: new URL(url), sha256 } as const;
    return store.download(request, { signal: pausing.signal, onProgress: () => {} });
  },
  pause: () => pausing.abort(),
  /** Two readers of one model at once. */
  async digests(id: string) {
    const sources = await Promise.all([store.open(id), store.open(id)]);
    return Promise.all(
      sources.map(async (source) => {
        const digest = await crypto.subtle.digest('SHA-256', await source.read(0, source.size));
        source.close();
        return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      }),
    );
  },
  async importFile(bytes: number[], name: string) {
    const { signal } = new AbortController();
    return store.importFile(new Blob([Uint8Array.from(bytes)]), name, { signal, onProgress: () => {} });
  },
  removeModel: (id: string) => store.remove(id),
};

self.onmessage = async ({ data: { id, name, args } }) => {
  let answer: Answer;
  try {
    answer = { value: await calls[name]!(...(args as never[])) };
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    answer = { name, code, message };
  }
  self.postMessage({ id, ...answer });
};
