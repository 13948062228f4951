import type { Gguf } from '../../models/gguf/read-gguf.ts';
import { writeGgufHeader } from '../../models/gguf/write-gguf.ts';
import { tokenName } from './token-names.ts';

/**
 * A model file with the same tensors and a vocabulary of `token-names.ts`. The tensors are slices of `file`: no
 * byte of them is read here. RWKV's tokenizer is the one that takes the longest name at each place, and needs
 * no scores, merges or special tokens.
 */
export function numberedModel(file: Blob, { version, metadata, tensors }: Gguf, vocab: number): Blob {
  const ordered = [...tensors.values()];
  const header = writeGgufHeader({
    version: version === 2 ? 2 : 3,
    metadata: [
      ...[...metadata.entries].filter(([key]) => !key.startsWith('tokenizer.')),
      ['tokenizer.ggml.model', { type: 'string', value: 'rwkv' }],
      [
        'tokenizer.ggml.tokens',
        { type: 'array', of: 'string', value: Array.from({ length: vocab }, (_, id) => tokenName(id)) },
      ],
    ],
    tensors: ordered,
  });
  const slices = ordered.flatMap(({ offset, sizeBytes }) => [
    file.slice(offset, offset + sizeBytes),
    new Uint8Array(-sizeBytes & (header.alignment - 1)),
  ]);
  return new Blob([header.bytes, ...slices]);
}
