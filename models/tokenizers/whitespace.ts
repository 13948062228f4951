import type { Metadata } from '../gguf/metadata.ts';
import type { Bpe } from './bpe.ts';
import { lowerCased } from './lower-cased.ts';
import type { Scheme } from './tokenizer.ts';

/** BPE over characters, of which white space is left out: Jina's Chinese and English embeddings have it. */
export class Whitespace implements Scheme {
  readonly addsSpace = 'never';
  private readonly isLowerCased: boolean;

  constructor(
    metadata: Metadata,
    private readonly bpe: Bpe,
  ) {
    const isLowerCased = metadata.string('tokenizer.ggml.pre', 'default') !== 'whitespace';
    this.isLowerCased = metadata.bool('tokenizer.ggml.normalizer.lowercase', isLowerCased);
  }

  encode(text: string, isFirst: boolean, out: number[]): void {
    for (const [word] of text.matchAll(/\P{White_Space}+/gu))
      this.bpe.encode(this.isLowerCased ? lowerCased(word) : word, isFirst, out);
  }

  bytes(tokenText: string): Uint8Array {
    return this.bpe.bytes(tokenText);
  }
}
