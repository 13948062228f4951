import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../errors.ts';
import { readGguf, type TensorInfo } from '../gguf/read-gguf.ts';
import type { GgufValue } from '../gguf/values.ts';
import { writeGguf } from '../gguf/write-gguf.ts';
import { type AnyLeaf, type Model, type RopeScaling, readModel } from './index.ts';

const stories = new URL('../../../shared/data/stories260K/stories260K-q4_0.gguf', import.meta.url);

async function modelOf(bytes: Uint8Array): Promise<Model> {
  const source = {
    size: bytes.length,
    read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
  };
  return readModel(await readGguf(source));
}

const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
const float32 = (value: number): GgufValue => ({ type: 'float32', value });
const string = (value: string): GgufValue => ({ type: 'string', value });

/** The smallest file of the family: two blocks, four heads that share two KV heads of four elements. */
const METADATA: Record<string, GgufValue> = {
  'general.architecture': string('llama'),
  'general.name': string('tiny'),
  'llama.block_count': uint32(2),
  'llama.context_length': uint32(64),
  'llama.embedding_length': uint32(16),
  'llama.feed_forward_length': uint32(24),
  'llama.attention.head_count': uint32(4),
  'llama.attention.head_count_kv': uint32(2),
  'llama.attention.layer_norm_rms_epsilon': float32(2 ** -17),
};
const TENSORS: Record<string, number[]> = {
  'token_embd.weight': [16, 10],
  'output_norm.weight': [16],
  'output.weight': [16, 10],
  ...Object.fromEntries(
    [0, 1].flatMap((block) =>
      Object.entries({
        attn_norm: [16],
        attn_q: [16, 16],
        attn_k: [16, 8],
        attn_v: [16, 8],
        attn_output: [16, 16],
        ffn_norm: [16],
        ffn_gate: [16, 24],
        ffn_up: [16, 24],
        ffn_down: [24, 16],
      }).map(([role, shape]) => [`blk.${block}.${role}.weight`, shape]),
    ),
  ),
};

/** The tiny model with changes; undefined takes an entry or a tensor away. */
function tiny(
  metadata: Record<string, GgufValue | undefined> = {},
  tensors: Record<string, number[] | undefined> = {},
): Promise<Model> {
  const present = <T>(entries: Record<string, T | undefined>) =>
    Object.entries(entries).filter((entry): entry is [string, T] => entry[1] !== undefined);
  return modelOf(
    writeGguf({
      metadata: present({ ...METADATA, ...metadata }),
      tensors: present({ ...TENSORS, ...tensors }).map(([name, shape]) => ({
        name,
        type: 'F32',
        shape,
        data: new Uint8Array(4 * shape.reduce((a, b) => a * b)),
      })),
    }),
  );
}

describe('a llama file', () => {
  test('gives its sizes, and what it leaves out follows from them', async () => {
    const { config } = await tiny();
    expect(config).toEqual({
      name: 'tiny',
      architecture: 'llama',
      blocks: 2,
      dim: 16,
      ffn: 24,
      heads: 4,
      kvHeads: 2,
      headDim: 4,
      rotaryDim: 4,
      ropePairs: 'adjacent',
      ropes: [{ base: 10_000, scaling: { kind: 'none' } }],
      attention: [
        { window: 0, rope: 0 },
        { window: 0, rope: 0 },
      ],
      attentionScale: 0.5,
      embeddingScale: 1,
      activation: 'silu',
      normEps: 2 ** -17,
      vocab: 10,
      contextLength: 64,
      convolved: 0,
      hasCache: true,
      isCausal: true,
      pooling: undefined,
      projectedDim: 0,
      vectorDim: 16,
      tokenTypes: 1,
      tiedHead: false,
    });
  });

  test('gives each tensor its role', async () => {
    const { tensors } = await tiny();
    expect(namesOf(tensors.embedding)).toEqual(['token_embd.weight']);
    expect(namesOf(tensors.head)).toEqual(['output.weight']);
    expect(tensors.ropeFactors.all).toBeUndefined();
    expect(tensors.blocks.map(({ feedForward }) => namesOf(feedForward.down))).toEqual([
      ['blk.0.ffn_down.weight'],
      ['blk.1.ffn_down.weight'],
    ]);
  });

  test('without a head uses the embedding', async () => {
    const { config, tensors } = await tiny({}, { 'output.weight': undefined });
    expect(config.tiedHead).toBe(true);
    expect(tensors.head).toBeUndefined();
  });

  test('may have heads of another size than dim / heads', async () => {
    const wide = Object.fromEntries(
      [0, 1].flatMap((block) => [
        [`blk.${block}.attn_q.weight`, [16, 32]],
        [`blk.${block}.attn_k.weight`, [16, 16]],
        [`blk.${block}.attn_v.weight`, [16, 16]],
        [`blk.${block}.attn_output.weight`, [32, 16]],
      ]),
    );
    const { config } = await tiny(
      { 'llama.attention.key_length': uint32(8), 'llama.attention.value_length': uint32(8) },
      wide,
    );
    expect(config).toMatchObject({ headDim: 8, rotaryDim: 8 });
  });

  test('of Llama 3.1 brings a divisor for each pair that RoPE turns', async () => {
    const { tensors } = await tiny(
      { 'llama.rope.freq_base': float32(500_000) },
      { 'rope_freqs.weight': [2] },
    );
    expect(tensors.ropeFactors.all?.tensors[0]).toMatchObject({ shape: [2] });
  });

  test.each<{ why: string; metadata: Record<string, GgufValue>; scaling: RopeScaling }>([
    {
      why: 'a factor without a type',
      metadata: { 'llama.rope.scaling.factor': float32(4) },
      scaling: { kind: 'linear', factor: 4 },
    },
    {
      why: 'the old name of the factor',
      metadata: { 'llama.rope.scale_linear': float32(2) },
      scaling: { kind: 'linear', factor: 2 },
    },
    {
      why: 'a factor that is switched off',
      metadata: { 'llama.rope.scaling.type': string('none'), 'llama.rope.scaling.factor': float32(4) },
      scaling: { kind: 'none' },
    },
    {
      why: 'YaRN',
      metadata: {
        'llama.rope.scaling.type': string('yarn'),
        'llama.rope.scaling.factor': float32(16),
        'llama.rope.scaling.original_context_length': uint32(4096),
      },
      scaling: {
        kind: 'yarn',
        factor: 16,
        originalContext: 4096,
        attentionFactor: 1,
        betaFast: 32,
        betaSlow: 1,
        logMultiplier: 0,
        isExact: false,
      },
    },
  ])('scales RoPE by $why', async ({ metadata, scaling }) => {
    expect((await tiny(metadata)).config.ropes).toEqual([{ base: 10_000, scaling }]);
  });

  test.skipIf(!existsSync(stories))(
    'as published is understood whole (needs ../shared/data/stories260K)',
    async () => {
      const { config, tensors } = await modelOf(readFileSync(stories));
      expect(config).toMatchObject({
        blocks: 5,
        dim: 64,
        ffn: 172,
        heads: 8,
        kvHeads: 4,
        headDim: 8,
        vocab: 512,
      });
      expect(tensors.blocks[4]!.feedForward.down.tensors).toMatchObject([{ type: 'F16', shape: [172, 64] }]);
    },
  );
});

function namesOf(leaf: AnyLeaf<TensorInfo> | undefined): string[] | undefined {
  return leaf?.tensors.map(({ name }) => name);
}

describe('a file that is not understood is refused by name', () => {
  test.each<{
    why: string;
    metadata?: Record<string, GgufValue | undefined>;
    tensors?: Record<string, number[] | undefined>;
    says: string;
    code?: 'unsupported-model';
  }>([
    {
      why: 'another family',
      metadata: { 'general.architecture': string('mamba') },
      says: '"mamba", and Hearth runs llama',
      code: 'unsupported-model',
    },
    {
      why: 'no family',
      metadata: { 'general.architecture': undefined },
      says: 'lacks "general.architecture"',
    },
    {
      why: 'experts, but not how many a row has',
      metadata: { 'llama.expert_count': uint32(8) },
      says: 'lacks "llama.expert_used_count"',
    },
    {
      why: 'attention to what comes later',
      metadata: { 'llama.attention.causal': { type: 'bool', value: false } },
      says: '"llama.attention.causal" is false',
      code: 'unsupported-model',
    },
    { why: 'no blocks', metadata: { 'llama.block_count': uint32(0) }, says: '"llama.block_count" is 0' },
    {
      why: 'a billion blocks',
      metadata: { 'llama.block_count': uint32(1e9) },
      says: '"llama.block_count" is 1000000000',
    },
    {
      why: 'a text for a size',
      metadata: { 'llama.embedding_length': string('16') },
      says: '"llama.embedding_length" should be a whole number',
    },
    {
      why: 'half a head',
      metadata: { 'llama.attention.head_count': uint32(3), 'llama.attention.head_count_kv': uint32(3) },
      says: 'not a whole number',
    },
    {
      why: 'heads that cannot share',
      metadata: { 'llama.attention.head_count_kv': uint32(3) },
      says: '3 KV heads cannot share',
    },
    {
      why: 'more KV heads than heads',
      metadata: { 'llama.attention.head_count_kv': uint32(8) },
      says: '"llama.attention.head_count_kv" is 8',
    },
    {
      why: 'keys and values of two sizes',
      metadata: { 'llama.attention.value_length': uint32(8) },
      says: 'keys of 4 and values of 8',
      code: 'unsupported-model',
    },
    {
      why: 'RoPE on more than a head',
      metadata: { 'llama.rope.dimension_count': uint32(6) },
      says: '"llama.rope.dimension_count" is 6',
    },
    {
      why: 'RoPE on half a pair',
      metadata: { 'llama.rope.dimension_count': uint32(3) },
      says: 'which is odd',
    },
    { why: 'a base of 0', metadata: { 'llama.rope.freq_base': float32(0) }, says: 'rope.freq_base is 0' },
    {
      why: 'a base that is no number',
      metadata: { 'llama.rope.freq_base': float32(Number.NaN) },
      says: 'should be a number',
    },
    {
      why: 'a negative epsilon',
      metadata: { 'llama.attention.layer_norm_rms_epsilon': float32(-1) },
      says: 'norm epsilon is -1',
    },
    {
      why: 'no epsilon',
      metadata: { 'llama.attention.layer_norm_rms_epsilon': undefined },
      says: 'lacks "llama.attention.layer_norm_rms_epsilon"',
    },
    {
      why: 'an unknown scaling',
      metadata: { 'llama.rope.scaling.type': string('novel') },
      says: '"novel"',
      code: 'unsupported-model',
    },
    {
      why: 'a scaling that shrinks',
      metadata: { 'llama.rope.scaling.factor': float32(0.5) },
      says: 'is 0.5',
    },
    {
      why: 'YaRN without its context',
      metadata: { 'llama.rope.scaling.type': string('yarn'), 'llama.rope.scaling.factor': float32(4) },
      says: '"originalContext":0',
    },
    {
      why: 'another vocabulary than it computes',
      metadata: { 'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: ['a'] } },
      says: 'computes 10 tokens, but its vocabulary has 1',
    },
    {
      why: 'a vocabulary size that is not its embedding',
      metadata: { 'llama.vocab_size': uint32(11) },
      says: '"token_embd.weight" is 16 × 10, but should be 16 × 11',
    },
    {
      why: 'no embedding',
      tensors: { 'token_embd.weight': undefined },
      metadata: { 'llama.vocab_size': uint32(10) },
      says: 'lacks the tensor "token_embd.weight"',
    },
    {
      why: 'a missing tensor',
      tensors: { 'blk.1.ffn_up.weight': undefined },
      says: 'lacks the tensor "blk.1.ffn_up.weight"',
    },
    {
      why: 'a tensor of another shape',
      tensors: { 'blk.0.attn_k.weight': [16, 16] },
      says: '"blk.0.attn_k.weight" is 16 × 16, but should be 16 × 8',
    },
    {
      why: 'a tensor on its side',
      tensors: { 'blk.0.ffn_down.weight': [16, 24] },
      says: 'should be 24 × 16',
    },
    {
      why: 'a bias',
      tensors: { 'blk.0.attn_q.bias': [16] },
      says: '"blk.0.attn_q.bias"',
      code: 'unsupported-model',
    },
    {
      why: 'a block too many',
      tensors: { 'blk.2.attn_norm.weight': [16] },
      says: '"blk.2.attn_norm.weight"',
      code: 'unsupported-model',
    },
    {
      why: 'factors for other pairs',
      tensors: { 'rope_freqs.weight': [4] },
      says: '"rope_freqs.weight" is 4, but should be 2',
    },
  ])('$why', async ({ metadata, tensors, says, code = 'bad-model' }) => {
    const refusal = await tiny(metadata, tensors).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ModelError);
    expect(refusal).toMatchObject({ code, message: expect.stringContaining(says) });
  });
});
