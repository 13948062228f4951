import { expect, test } from 'vitest';
import { type AdapterFile, adapterFile } from '../../test/fakes/adapter-files.ts';
import { smallModel } from '../../test/fakes/model-files.ts';
import { readModel } from '../architectures/index.ts';
import { readGguf } from '../gguf/read-gguf.ts';
import type { GgufValue } from '../gguf/values.ts';
import { readAdapter } from './read-adapter.ts';

const sourceOf = (bytes: Uint8Array) => ({
  size: bytes.length,
  read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
});
const base = readModel(await readGguf(sourceOf(smallModel())));

async function read(file: AdapterFile) {
  return readAdapter(await readGguf(sourceOf(adapterFile(file))), base);
}

const DOWN = 'blk.0.ffn_down.weight';
/** `down` is [64, 32]: 64 inputs, 32 outputs. */
const ofDown = (rank: number) => ({
  [`${DOWN}.lora_a`]: { shape: [64, rank] },
  [`${DOWN}.lora_b`]: { shape: [rank, 32] },
});
const text = (value: string): GgufValue => ({ type: 'string', value });

test('an adapter is read with its matrices, their ranks, and alpha over rank', async () => {
  const { maps } = await read({
    tensors: {
      ...ofDown(8),
      'blk.0.attn_q.weight.lora_a': { shape: [32] },
      'blk.0.attn_q.weight.lora_b': { shape: [1, 32] },
    },
  });
  expect([...maps].map(([name, { rank, factor }]) => ({ name, rank, factor }))).toEqual([
    { name: DOWN, rank: 8, factor: 2 },
    { name: 'blk.0.attn_q.weight', rank: 1, factor: 16 },
  ]);
});

test('without an alpha the scale is 1', async () => {
  const { maps } = await read({ metadata: { 'adapter.lora.alpha': undefined }, tensors: ofDown(8) });
  expect(maps.get(DOWN)!.factor).toBe(1);
});

test.each<{ why: string; file: AdapterFile; says: string }>([
  { why: 'a model', file: { metadata: { 'general.type': text('model') }, tensors: {} }, says: '"model"' },
  {
    why: 'another type of adapter',
    file: { metadata: { 'adapter.type': text('dora') }, tensors: ofDown(8) },
    says: '"dora", and Hearth knows "lora"',
  },
  {
    why: 'one for another family',
    file: { metadata: { 'general.architecture': text('qwen2') }, tensors: ofDown(8) },
    says: '"qwen2", and this one is "llama"',
  },
  {
    why: 'what it says and nobody knows',
    file: { metadata: { 'adapter.alora.invocation_tokens': text('x') }, tensors: ofDown(8) },
    says: '"adapter.alora.invocation_tokens", and Hearth knows adapter.type and adapter.lora.alpha',
  },
  {
    why: 'a tensor of another kind',
    file: { tensors: { ...ofDown(8), [`${DOWN}.magnitude`]: { shape: [32] } } },
    says: '"blk.0.ffn_down.weight.magnitude", and Hearth knows those that end in .lora_a and .lora_b',
  },
  {
    why: 'a matrix that the model does not have',
    file: { tensors: { 'blk.7.ffn_down.weight.lora_a': { shape: [64, 8] } } },
    says: '"blk.7.ffn_down.weight", which is no matrix',
  },
  {
    why: 'a norm',
    file: { tensors: { 'blk.0.ffn_norm.weight.lora_a': { shape: [32, 8] } } },
    says: '"blk.0.ffn_norm.weight", which is no matrix',
  },
  {
    why: 'the embedding',
    file: { tensors: { 'token_embd.weight.lora_a': { shape: [32, 8] } } },
    says: '"token_embd.weight", which is no matrix',
  },
  {
    why: 'one half',
    file: { tensors: { [`${DOWN}.lora_b`]: { shape: [8, 32] } } },
    says: 'lacks the tensor "blk.0.ffn_down.weight.lora_a"',
  },
  {
    why: 'inputs that do not fit',
    file: { tensors: { ...ofDown(8), [`${DOWN}.lora_a`]: { shape: [32, 8] } } },
    says: 'lora_a" is 32 × 8, but should be 64 × 8 to fit 64 × 32',
  },
  {
    why: 'outputs that do not fit',
    file: { tensors: { ...ofDown(8), [`${DOWN}.lora_b`]: { shape: [8, 64] } } },
    says: 'lora_b" is 8 × 64, but should be 8 × 32',
  },
  {
    why: 'halves that do not fit each other',
    file: { tensors: { ...ofDown(8), [`${DOWN}.lora_b`]: { shape: [4, 32] } } },
    says: 'lora_b" is 4 × 32, but should be 8 × 32',
  },
  {
    why: 'a third dimension',
    file: { tensors: { ...ofDown(8), [`${DOWN}.lora_a`]: { shape: [64, 8, 2] } } },
    says: 'lora_a" is 64 × 8 × 2',
  },
  {
    why: 'a rank that nobody trains',
    file: {
      tensors: { [`${DOWN}.lora_a`]: { shape: [64, 5000] }, [`${DOWN}.lora_b`]: { shape: [5000, 32] } },
    },
    says: 'rank 5000',
  },
  { why: 'nothing at all', file: { tensors: {} }, says: 'no tensors' },
])('$why: refused by name', async ({ file, says }) => {
  const error = read(file);
  await expect(error).rejects.toThrow(says);
  await expect(error).rejects.toMatchObject({
    code: expect.stringMatching(/^(bad|unsupported)-model$/),
    message: expect.stringMatching(/^[^\n]{20,500}\.$/),
  });
});
