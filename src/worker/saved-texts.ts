import type { SavedTexts } from '../engine/saved-texts.ts';
import { MAX_SAVED_TEXT_BYTES } from '../protocol/limits.ts';
import { openOpfsDirectory } from '../storage/opfs-directory.ts';
import { TextStore } from '../storage/text-store.ts';
import { systemTime } from '../storage/time.ts';

/** Texts in a folder of their own, which is opened with the first of them. */
export function savedTexts(): SavedTexts {
  let opening: Promise<TextStore> | undefined;
  const store = () =>
    (opening ??= openOpfsDirectory('texts').then((directory) =>
      TextStore.open({ directory, time: systemTime, capBytes: MAX_SAVED_TEXT_BYTES }),
    ));
  return {
    find: async (owner, tokens) => (await store()).find(owner, tokens),
    save: async (owner, tokens, bytes) => (await store()).save(owner, tokens, bytes),
    forget: async (origin) => (await store()).forget(origin),
  };
}
