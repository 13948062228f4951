import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../../models/gguf/header-bytes.ts';

const DATA = join(import.meta.dirname, '../../../shared/data');

/** A file of the test data that lies beside the repository, where it does. */
export function dataFile(...path: string[]): string {
  return join(DATA, ...path);
}

/** For `describe.skipIf`: the reason stands in the name of the suite. */
export function isMissing(...path: string[]): boolean {
  return !existsSync(dataFile(...path));
}

export async function fileSource(path: string): Promise<ByteSource> {
  const file = await open(path);
  const { size } = await file.stat();
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      await file.read(bytes, 0, length, offset);
      return bytes;
    },
    close: () => file.close(),
  };
}
