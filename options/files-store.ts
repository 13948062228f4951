import { type ReadonlySignal, signal } from '@preact/signals';
import type { SharedFile } from '../src/protocol/shared-files.ts';
import { sentenceOf } from '../src/ui/caller.ts';
import type { Session } from '../src/ui/session.ts';

/** The files that sites share, the largest first. */
export interface FilesStore {
  files: ReadonlySignal<readonly SharedFile[] | undefined>;
  error: ReadonlySignal<string | undefined>;
  refresh: () => Promise<void>;
  pin: (file: SharedFile, isPinned: boolean) => Promise<void>;
  remove: (files: readonly SharedFile[]) => Promise<void>;
  /** What `origin` alone has stored goes. */
  disown: (origin: string) => Promise<void>;
}

export function openFiles({ engine }: Pick<Session, 'engine'>): FilesStore {
  const files = signal<readonly SharedFile[]>();
  const error = signal<string>();

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      const found = await engine('sharedFiles', undefined);
      files.value = found.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
      error.value = undefined;
    } catch (cause) {
      error.value = sentenceOf(cause);
    }
  }
  const refresh = () => attempt(async () => {});
  void refresh();

  return {
    files,
    error,
    refresh,
    pin: ({ sha256 }, isPinned) => attempt(() => engine('pinFile', { sha256, isPinned })),
    remove: (gone) => attempt(() => engine('removeFiles', { files: gone.map(({ sha256 }) => sha256) })),
    disown: (origin) => attempt(() => engine('disownFiles', { origin })),
  };
}

/** What goes if `origin` takes back what it has stored. */
export function storedAloneBy(origin: string, files: readonly SharedFile[] = []): SharedFile[] {
  return files.filter(({ owners }) => owners.every((owner) => owner === origin));
}

export function sizeOf(files: readonly SharedFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
