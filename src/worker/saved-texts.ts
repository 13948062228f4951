import type { SavedTexts } from '../engine/cache/saved-texts.ts';
import { DEFAULT_SETTINGS } from '../protocol/settings.ts';
import type { Directory } from '../storage/directory.ts';
import { TextStore } from '../storage/text-store.ts';
import { systemTime, type Time } from '../storage/time.ts';

export interface WorkerTexts extends SavedTexts {
  /** Bytes that texts may take from now on. What is over goes at once. */
  limit(capBytes: number): Promise<void>;
  sizeBytes(): Promise<number>;
}

/** Texts in a folder of their own, which is opened when it is first needed. */
export function savedTexts(
  openDirectory: () => Promise<Directory>,
  time: Pick<Time, 'now'> = systemTime,
): WorkerTexts {
  let opening: Promise<TextStore> | undefined;
  const store = () =>
    (opening ??= openDirectory().then((directory) =>
      TextStore.open({ directory, time, capBytes: DEFAULT_SETTINGS.savedTextBytes }),
    ));
  return {
    find: async (owner, tokens) => (await store()).find(owner, tokens),
    save: async (owner, tokens, bytes) => (await store()).save(owner, tokens, bytes),
    forget: async (origin) => (await store()).forget(origin),
    limit: async (capBytes) => (await store()).limit(capBytes),
    sizeBytes: async () => (await store()).sizeBytes,
  };
}
