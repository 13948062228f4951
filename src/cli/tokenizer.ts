import { checkTokenizerKeys } from '../../models/check-metadata.ts';
import { readGguf } from '../../models/gguf/read-gguf.ts';
import { readTokenizer, type Tokenizer } from '../../models/tokenizers/index.ts';
import { openModelFiles } from './model-source.ts';

/** The tokenizer of a file, whose model need not be one that Hearth runs: a file of nothing but a vocabulary will do. */
export async function openTokenizer(path: string): Promise<Tokenizer> {
  const source = await openModelFiles(path);
  try {
    const { metadata } = await readGguf(source);
    const tokenizer = readTokenizer(metadata);
    checkTokenizerKeys(metadata);
    return tokenizer;
  } finally {
    await source.close?.();
  }
}
