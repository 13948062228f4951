import { basename, dirname, join } from 'node:path';
import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { joinSources } from '../../models/gguf/joined-source.ts';
import { allPartNames } from '../protocol/part-names.ts';
import { openFile } from './file-source.ts';

/** A model's file, or all files of a model in several parts: they lie beside the one that is named, whichever it is. */
export async function openModelFiles(path: string): Promise<ByteSource> {
  const sources: ByteSource[] = [];
  try {
    for (const name of allPartNames(basename(path))) sources.push(await openFile(join(dirname(path), name)));
    return joinSources(sources);
  } catch (error) {
    for (const source of sources) await source.close?.();
    throw error;
  }
}
