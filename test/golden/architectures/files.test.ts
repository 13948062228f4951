import { describe, expect, test } from 'vitest';
import { gemma2 } from '../../../models/architectures/gemma2.ts';
import { gemma3 } from '../../../models/architectures/gemma3.ts';
import { type AnyLeaf, readModel, replaceLeaves } from '../../../models/architectures/index.ts';
import { readGguf, type TensorInfo } from '../../../models/gguf/read-gguf.ts';
import type { GgufValue } from '../../../models/gguf/values.ts';
import { layOutWeights } from '../../../src/engine/weights/layout.ts';
import { CONVERSIONS, type Converted, convert, toFile } from './convert.ts';
import { readFixture } from './fixture.ts';

const u32 = (value: number): GgufValue => ({ type: 'uint32', value });
const f32 = (value: number): GgufValue => ({ type: 'float32', value });
const i32s = (...value: number[]): GgufValue => ({
  type: 'array',
  of: 'int32',
  value: Int32Array.from(value),
});
const text = (value: string): GgufValue => ({ type: 'string', value });

const fixtures = new Map(Object.keys(CONVERSIONS).map((family) => [family, readFixture(family)]));

function fileOf(family: string, caseName = 'plain'): Converted {
  const { weights, cases } = fixtures.get(family)!;
  return convert(family, weights, (cases.find(({ name }) => name === caseName) ?? cases[0]!).config);
}

async function read(file: Converted) {
  return readModel(await readGguf(toFile(file)));
}

async function refusalOf(file: Converted): Promise<unknown> {
  return read(file).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(Object.entries(CONVERSIONS))('a file of %s', (family, { architecture }) => {
  test('is not understood with a key that nobody knows', async () => {
    const file = fileOf(family);
    const key = `${architecture}.attention.novelty`;
    const refusal = await refusalOf({ ...file, metadata: { ...file.metadata, [key]: u32(1) } });
    expect(refusal).toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining(`"${key}"`),
    });
  });

  test('is not understood with a tensor that nobody knows', async () => {
    const file = fileOf(family);
    const tensor = { ...file.tensors[0]!, name: 'blk.0.attn_novelty.weight' };
    const refusal = await refusalOf({ ...file, tensors: [...file.tensors, tensor] });
    expect(refusal).toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining(`"${tensor.name}"`),
    });
  });

  test('needs every tensor but the head', async () => {
    const file = fileOf(family);
    for (const { name } of file.tensors.filter(({ name }) => name !== 'output.weight')) {
      const refusal = await refusalOf({
        ...file,
        tensors: file.tensors.filter((tensor) => tensor.name !== name),
      });
      expect(refusal).toMatchObject({ code: 'bad-model', message: expect.stringContaining(`"${name}"`) });
    }
  });

  test('needs its vectors in F32', async () => {
    const { architecture: _, ...model } = await read(fileOf(family));
    const vectors: TensorInfo[] = [];
    replaceLeaves(model.tensors, ({ leaf, tensors }: AnyLeaf<TensorInfo>) => {
      if (leaf === 'vector') vectors.push(...tensors);
    });
    expect(vectors.length).toBeGreaterThanOrEqual(1 + 2 * model.config.blocks);
    for (const vector of vectors) {
      const original = vector.type;
      vector.type = 'F16';
      expect(() => layOutWeights(model.tensors, 2 ** 30)).toThrow(`"${vector.name}" is F16`);
      vector.type = original;
    }
  });
});

describe('a file says by its family and its numbers', () => {
  test('gemma3: which blocks have a window, and RoPE of their own', async () => {
    const { config } = await read(fileOf('gemma3_text', 'linear'));
    const local = { window: 10, rope: 1 };
    expect(config.attention).toEqual([local, local, local, local, local, { window: 0, rope: 0 }, local]);
    expect(config.ropes).toEqual([
      { base: 1_000_000, scaling: { kind: 'linear', factor: 8 } },
      { base: 10_000, scaling: { kind: 'none' } },
    ]);
    expect(config).toMatchObject({
      activation: 'gelu',
      embeddingScale: Math.sqrt(32),
      attentionScale: 1 / 4,
    });
  });

  test('gemma3: another period, another base of the windows', async () => {
    const file = fileOf('gemma3_text');
    const { config } = await read({
      ...file,
      metadata: {
        ...file.metadata,
        'gemma3.attention.sliding_window_pattern': u32(2),
        'gemma3.rope.freq_base_swa': { type: 'float32', value: 5000 },
      },
    });
    expect(config.attention.map((block) => block?.window)).toEqual([10, 0, 10, 0, 10, 0, 10]);
    expect(config.ropes[1]!.base).toBe(5000);
  });

  test('gemma3: the 27B, known by its 62 blocks, scales by dim / heads', () => {
    const size27B = { blocks: 62, dim: 5376, heads: 32, headDim: 128 };
    expect(gemma3.attentionScale!(size27B)).toBe(1 / Math.sqrt(168));
    expect(gemma3.attentionScale!({ ...size27B, blocks: 48 })).toBe(1 / Math.sqrt(128));
  });

  test('smollm3: every fourth block knows no positions', async () => {
    const { config } = await read(fileOf('smollm3'));
    expect(config.attention.map((block) => block?.rope)).toEqual([0, 0, 0, undefined, 0]);
  });

  test('gemma2: a window in every other block, from the first, and caps', async () => {
    const file = fileOf('gemma2');
    const { config } = await read(file);
    expect(config.attention.map((block) => block?.window)).toEqual([10, 0, 10, 0]);
    expect(config).toMatchObject({ attentionCap: 3, logitCap: 4 });
    const { metadata } = file;
    const older = Object.entries(metadata).filter(([key]) => !/softcapping|sliding_window/.test(key));
    const said = (await read({ ...file, metadata: Object.fromEntries(older) })).config;
    expect(said).toMatchObject({ attentionCap: 50, logitCap: 30 });
    expect(said.attention[0]!.window).toBe(4096);
  });

  test('gemma2: the 27B, known by its 46 blocks, scales by dim / heads', () => {
    const size27B = { blocks: 46, dim: 4608, heads: 32, headDim: 128 };
    expect(gemma2.attentionScale!(size27B)).toBe(1 / Math.sqrt(144));
    expect(gemma2.attentionScale!({ ...size27B, blocks: 42 })).toBe(1 / Math.sqrt(128));
  });

  test('mistral3: by how much q grows, and past which context', async () => {
    const file = fileOf('ministral3');
    const { config } = await read(file);
    const temperature = { scale: expect.closeTo(0.3), length: 16, offset: 0 };
    expect(config.attention).toEqual(Array(2).fill({ window: 0, rope: 0, temperature }));
    expect(config.ropes[0]!.scaling).toMatchObject({ kind: 'yarn', logMultiplier: 1 });
    const metadata = { ...file.metadata, 'mistral3.attention.temperature_scale': f32(0) };
    expect((await read({ ...file, metadata })).config.attention[0]!.temperature).toBeUndefined();
  });

  test('lfm2: which blocks attend, and how far the others see', async () => {
    const { config, tensors } = await read(fileOf('lfm2'));
    expect(config.attention.map(Boolean)).toEqual([false, true, false, false, true]);
    expect(config).toMatchObject({ kvHeads: 1, convolved: 3 });
    expect(tensors.blocks.map(({ mixer }) => 'taps' in mixer)).toEqual([true, false, true, true, false]);
  });

  test('mistral: a window in every block', async () => {
    const { config } = await read(fileOf('mistral'));
    expect(config.attention.map((block) => block?.window)).toEqual([12, 12]);
  });

  test('phi3: a window in every block, or none', async () => {
    const file = fileOf('phi3', 'long');
    const { config } = await read(file);
    expect(config.attention).toEqual(Array(2).fill({ window: 12, rope: 0 }));
    expect(config.ropes[0]!.scaling).toMatchObject({ kind: 'longrope', originalContext: 32 });
    const metadata = { ...file.metadata, 'phi3.attention.sliding_window': u32(0) };
    expect((await read({ ...file, metadata })).config.attention[0]!.window).toBe(0);
  });
});

test.each<{
  why: string;
  family: string;
  from?: string;
  metadata?: Converted['metadata'];
  without?: string;
  says: string;
}>([
  {
    why: 'logits that are capped',
    family: 'gemma3_text',
    metadata: { 'gemma3.final_logit_softcapping': { type: 'float32', value: 30 } },
    says: '"gemma3.final_logit_softcapping" is 30',
  },
  {
    why: 'a period of no blocks',
    family: 'gemma3_text',
    metadata: { 'gemma3.attention.sliding_window_pattern': u32(0) },
    says: 'every 0 blocks',
  },
  {
    why: 'a window of less than nothing',
    family: 'phi3',
    metadata: { 'phi3.attention.sliding_window': { type: 'int32', value: -1 } },
    says: 'window is of -1 positions',
  },
  {
    why: 'a cap of less than nothing',
    family: 'gemma2',
    metadata: { 'gemma2.attn_logit_softcapping': f32(-1) },
    says: 'attn_logit_softcapping is -1',
  },
  {
    why: 'q that shrinks',
    family: 'ministral3',
    metadata: { 'mistral3.attention.temperature_scale': f32(-0.5) },
    says: 'grows by -0.5 for every 16 positions',
  },
  {
    why: "too few of the blocks' KV heads",
    family: 'lfm2',
    metadata: { 'lfm2.attention.head_count_kv': i32s(0, 1, 0) },
    says: '"lfm2.attention.head_count_kv" has 3 numbers',
  },
  {
    why: 'KV heads that differ between blocks',
    family: 'lfm2',
    metadata: { 'lfm2.attention.head_count_kv': i32s(0, 1, 0, 0, 3) },
    says: 'one whole number from 1 to 3 for all 5 blocks but those without attention',
  },
  {
    why: 'blocks without attention in a family that has it in all',
    family: 'qwen3',
    metadata: { 'qwen3.attention.head_count_kv': i32s(0, 2) },
    says: '"qwen3.attention.head_count_kv" has 2 numbers',
  },
  {
    why: 'a convolution over more than anybody makes',
    family: 'lfm2',
    metadata: { 'lfm2.shortconv.l_cache': u32(17) },
    says: '"lfm2.shortconv.l_cache" is 17, not a whole number from 1 to 16',
  },
  {
    why: 'YaRN that leaves fast pairs only half as they are',
    family: 'ministral3',
    metadata: { 'mistral3.rope.scaling.yarn_ext_factor': f32(0.5) },
    says: '"mistral3.rope.scaling.yarn_ext_factor" is 0.5',
  },
  {
    why: 'dynamic scaling from no context',
    family: 'mistral',
    from: 'dynamic',
    metadata: { 'llama.rope.scaling.original_context_length': u32(0) },
    says: 'contradict each other',
  },
  {
    why: 'a window in a family that has none',
    family: 'qwen2',
    metadata: { 'qwen2.attention.sliding_window': u32(8) },
    says: '"qwen2.attention.sliding_window"',
  },
  {
    why: "half of LongRoPE's factors",
    family: 'phi3',
    from: 'long',
    without: 'rope_factors_short.weight',
    says: 'lacks the tensor "rope_factors_short.weight"',
  },
  {
    why: "LongRoPE's factors and another scaling",
    family: 'phi3',
    from: 'long',
    metadata: { 'phi3.rope.scaling.type': text('yarn') },
    says: 'scales RoPE by "yarn"',
  },
  {
    why: 'LongRoPE in a family without its factors',
    family: 'qwen3',
    metadata: { 'qwen3.rope.scaling.type': text('longrope') },
    says: 'lacks its factors',
  },
  {
    why: 'experts',
    family: 'qwen3',
    metadata: { 'qwen3.expert_count': u32(4) },
    says: '"qwen3.expert_count" is 4',
  },
])('$why: refused by name', async ({ family, from, metadata, without, says }) => {
  const file = fileOf(family, from);
  const refusal = await refusalOf({
    metadata: { ...file.metadata, ...metadata },
    tensors: file.tensors.filter(({ name }) => name !== without),
  });
  expect(refusal).toMatchObject({ message: expect.stringContaining(says) });
});
