// Files are never half understood: what Hearth does not know it names, and says what it knows.
import { expect, test } from 'vitest';
import { quantFormats } from '../../../kernels/quants/index.ts';
import { ggmlTypeId } from '../../../models/gguf/ggml-types.ts';
import type { GgufValue } from '../../../models/gguf/values.ts';
import { type Changes, smallModel } from '../../../test/fakes/model-files.ts';
import { layOutWeights } from './layout.ts';
import { readModelFile } from '../model-file.ts';

const u32 = (value: number): GgufValue => ({ type: 'uint32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });

async function understand(bytes: Uint8Array): Promise<void> {
  const file = await readModelFile({
    size: bytes.length,
    read: async (offset, length) => bytes.slice(offset, offset + length),
  });
  layOutWeights(file.tensors, 2 ** 27);
}

/** The file with a tensor whose type has a number that no type has. */
function withType(number: number): Uint8Array {
  const bytes = smallModel({ tensors: { 'blk.0.attn_q.weight': { shape: [32, 32], type: 'NVFP4' } } });
  const name = Buffer.from(bytes.buffer).indexOf('blk.0.attn_q.weight');
  const at = name + 'blk.0.attn_q.weight'.length + 4 + 2 * 8;
  const view = new DataView(bytes.buffer);
  expect(view.getUint32(at, true)).toBe(ggmlTypeId('NVFP4'));
  view.setUint32(at, number, true);
  return bytes;
}

const metadata = (entries: Record<string, GgufValue>): Changes => ({ metadata: entries });

interface Case {
  kind: string;
  file: Changes | Uint8Array;
  /** What is named, and what is said to be known, or to be done. */
  names: string;
  knows: string;
}

test.each<Case>([
  {
    kind: 'a version of the format',
    file: smallModel().with(4, 9),
    names: 'version 9',
    knows: 'versions 2 and 3',
  },
  {
    kind: 'a kind of file',
    file: metadata({ 'general.type': text('mmproj') }),
    names: '"mmproj"',
    knows: 'computes is a "model"',
  },
  {
    kind: 'a version of blocks',
    file: metadata({ 'general.quantization_version': u32(1) }),
    names: '"general.quantization_version" is 1',
    knows: 'version 2',
  },
  {
    kind: 'an architecture',
    file: metadata({ 'general.architecture': text('mamba') }),
    names: '"mamba"',
    knows: 'Hearth runs llama',
  },
  {
    kind: 'a number of the family',
    file: metadata({ 'llama.attention.novelty': u32(1) }),
    names: '"llama.attention.novelty"',
    knows: "Hearth's llama",
  },
  {
    kind: 'a value that the family may not have',
    file: metadata({ 'llama.attention.causal': { type: 'bool', value: false } }),
    names: '"llama.attention.causal" is false',
    knows: 'true',
  },
  {
    kind: 'a way to scale RoPE',
    file: metadata({ 'llama.rope.scaling.type': text('spiral') }),
    names: '"spiral"',
    knows: 'yarn',
  },
  {
    kind: 'a way to split',
    file: metadata({ 'split.novelty': u32(1) }),
    names: '"split.novelty"',
    knows: 'split.no',
  },
  {
    kind: 'a tokenizer',
    file: metadata({ 'tokenizer.ggml.model': text('runes') }),
    names: '"runes"',
    knows: 'gpt2',
  },
  {
    kind: 'a pre-tokenizer',
    file: metadata({ 'tokenizer.ggml.pre': text('klingon') }),
    names: '"klingon"',
    knows: 'gpt-2',
  },
  {
    kind: 'something that a tokenizer is told',
    file: metadata({ 'tokenizer.ggml.normalizer.novelty': { type: 'bool', value: true } }),
    names: '"tokenizer.ggml.normalizer.novelty"',
    knows: 'tokenizer "gpt2"',
  },
  {
    kind: 'a tensor',
    file: { tensors: { 'blk.0.attn_novelty.weight': { shape: [32] } } },
    names: '"blk.0.attn_novelty.weight"',
    knows: "Hearth's llama",
  },
  {
    kind: 'a tensor of a block that is not there',
    file: { tensors: { 'blk.1.attn_norm.weight': { shape: [32] } } },
    names: '"blk.1.attn_norm.weight"',
    knows: "Hearth's llama",
  },
  { kind: 'a number of a type', file: withType(97), names: 'type number 97', knows: 'another quantisation' },
  {
    kind: 'a type that is not computed with',
    file: { tensors: { 'blk.0.attn_q.weight': { shape: [32, 32], type: 'Q8_1' } } },
    names: '"blk.0.attn_q.weight" is Q8_1',
    knows: quantFormats.map(({ name }) => name).join(', '),
  },
  {
    kind: 'a type of a norm',
    file: { tensors: { 'output_norm.weight': { shape: [32], type: 'BF16' } } },
    names: '"output_norm.weight" is BF16',
    knows: 'only as F32',
  },
])('$kind that is not known is refused by name, with what is known', async ({ file, names, knows }) => {
  const error = understand(file instanceof Uint8Array ? file : smallModel(file));
  await expect(error).rejects.toMatchObject({
    code: 'unsupported-model',
    message: expect.stringMatching(/^[^\n]{20,2000}\.$/),
  });
  await expect(error).rejects.toThrow(names);
  await expect(error).rejects.toThrow(knows);
});

test('what changes nothing of what is computed may be there', async () => {
  await understand(
    smallModel({
      metadata: {
        'general.type': text('model'),
        'general.quantization_version': u32(2),
        'general.novelty': u32(1),
        'somebody.note': text('hello'),
        'tokenizer.ggml.padding_token_id': u32(0),
        'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false },
        'tokenizer.chat_template.rag': text('{{ messages }}'),
      },
    }),
  );
});
