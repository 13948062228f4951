import { open } from 'node:fs/promises';
import { HearthError } from '../protocol/errors.ts';
import type { ByteSource } from '../../models/gguf/header-bytes.ts';

export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path).catch((cause: unknown) => {
    throw new HearthError('not-found', `The model file ${path} cannot be opened. Check its name.`, { cause });
  });
  const stat = await file.stat();
  if (!stat.isFile())
    throw new HearthError('not-found', `${path} is not a file. Name the model's .gguf file itself.`);
  const { size } = stat;
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      if (bytesRead < length)
        throw new HearthError(
          'bad-model',
          `The model file ${path} ends at byte ${offset + bytesRead}, before its contents do.`,
        );
      return bytes;
    },
    close: () => file.close(),
  };
}
