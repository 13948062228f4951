import { ModelStore } from './model-store.ts';
import { openOpfsDirectory } from './opfs-directory.ts';
import type { StoreOptions } from './store-options.ts';
import { systemTime } from './time.ts';

/** The store on this browser's own disk. In a dedicated worker only. */
export async function openModelStore(check: StoreOptions['check'], folder = 'models'): Promise<ModelStore> {
  return ModelStore.open({
    directory: await openOpfsDirectory(folder),
    time: systemTime,
    fetch,
    estimate: () => navigator.storage.estimate(),
    isOnline: () => navigator.onLine,
    check,
  });
}
