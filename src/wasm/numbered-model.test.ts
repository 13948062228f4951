import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readGguf } from '../../models/gguf/read-gguf.ts';
import { writeGguf } from '../../models/gguf/write-gguf.ts';
import { blobSource } from '../storage/model-source.ts';
import { numberedModel } from './numbered-model.ts';
import { idOfText, textOfIds, tokenName } from './token-names.ts';

const tensor = (name: string, length: number) => ({
  name,
  type: 'F32' as const,
  shape: [length],
  data: new Uint8Array(4 * length).map((_, i) => i * 7 + length),
});

test.each([32, 64])(
  'keeps every tensor and all metadata but the vocabulary (alignment %i)',
  async (alignment) => {
    const tensors = [tensor('a', 1), tensor('b', 16), tensor('c', 33)];
    const file = new Blob([
      writeGguf({
        metadata: [
          ['general.architecture', { type: 'string', value: 'llama' }],
          ['general.alignment', { type: 'uint32', value: alignment }],
          ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
          ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: ['x', 'y', 'z'] }],
          ['tokenizer.ggml.eos_token_id', { type: 'uint32', value: 2 }],
          ['tokenizer.chat_template', { type: 'string', value: '{{ hostile }}' }],
        ],
        tensors,
      }) as Uint8Array<ArrayBuffer>,
    ]);
    const numbered = blobSource(numberedModel(file, await readGguf(blobSource(file)), 3));
    const gguf = await readGguf(numbered);

    expect([...gguf.metadata.entries.keys()]).toEqual([
      'general.architecture',
      'general.alignment',
      'tokenizer.ggml.model',
      'tokenizer.ggml.tokens',
    ]);
    expect(gguf.metadata.strings('tokenizer.ggml.tokens')).toEqual([0, 1, 2].map(tokenName));
    expect([...gguf.tensors.keys()]).toEqual(['a', 'b', 'c']);
    for (const { name, data } of tensors) {
      const { offset, sizeBytes } = gguf.tensors.get(name)!;
      expect(await numbered.read(offset, sizeBytes)).toEqual(data);
    }
  },
);

test('every token has a name of its own, all of one length, and is found again by it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 2 ** 21 })), (ids) => {
      const text = textOfIds(ids);
      const names = ids.map((_, i) => text.slice(5 * i, 5 * i + 5));
      expect(names.map(idOfText)).toEqual(ids);
    }),
  );
});

test.each(['', '0000', '000000', '0000A', '00 00'])('%j is no token', (text) => {
  expect(idOfText(text)).toBeUndefined();
});
