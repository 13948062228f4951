import { MAX_MANIFEST_BYTES } from '../mesh/limits.ts';
import type { Directory } from '../storage/directory.ts';
import type { KeptManifests } from './room-files.ts';

/** Manifests in a folder of their own, each named for the SHA-256 of its model's file. */
export function keptManifests(open: () => Promise<Directory>): KeptManifests {
  return {
    async get(sha256) {
      const directory = await open();
      const file = await directory.openForReading(sha256).catch(() => undefined);
      if (!file) return undefined;
      try {
        return await file.read(0, Math.min(file.sizeBytes, MAX_MANIFEST_BYTES));
      } finally {
        file.close();
      }
    },
    async set(sha256, bytes) {
      const file = await (await open()).openForWriting(sha256);
      try {
        await file.truncate(bytes.length);
        await file.write(0, bytes);
        await file.flush();
      } finally {
        file.close();
      }
    },
  };
}
