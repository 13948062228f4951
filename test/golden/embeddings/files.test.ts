// What of a file of an embedding model is understood, and what is refused.
import { describe, expect, test } from 'vitest';
import { readModel } from '../../../models/architectures/index.ts';
import { readGguf } from '../../../models/gguf/read-gguf.ts';
import type { GgufValue } from '../../../models/gguf/values.ts';
import { CONVERSIONS, type Converted, convert, toBytes } from './convert.ts';
import { readFixture } from './fixture.ts';

const u32 = (value: number): GgufValue => ({ type: 'uint32', value });
const bool = (value: boolean): GgufValue => ({ type: 'bool', value });

const files = new Map(
  Object.keys(CONVERSIONS).map((family) => {
    const { weights, cases } = readFixture(family);
    const richest = cases.find(({ name }) => name === 'projected') ?? cases[0]!;
    return [family, convert(family, weights, richest)];
  }),
);

async function read(file: Converted) {
  const bytes = toBytes(file);
  return readModel(
    await readGguf({ size: bytes.length, read: async (at, length) => bytes.slice(at, at + length) }),
  );
}

function refusalOf(file: Converted): Promise<unknown> {
  return read(file).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The family's file with other metadata (without its prefix; undefined takes it out) or tensors. */
function changed(
  family: string,
  metadata: Record<string, GgufValue | undefined>,
  tensors: (all: Converted['tensors']) => Converted['tensors'] = (all) => all,
): Converted {
  const file = files.get(family)!;
  const prefix = `${CONVERSIONS[family]!.architecture}.`;
  const all: Record<string, GgufValue | undefined> = { ...file.metadata };
  for (const [key, value] of Object.entries(metadata)) all[prefix + key] = value;
  return {
    metadata: Object.fromEntries(
      Object.entries(all).flatMap(([key, value]) => (value ? [[key, value] as const] : [])),
    ),
    tensors: tensors(file.tensors),
  };
}

describe.each([...files])('a file of %s', (family, file) => {
  test('is not understood with a key or a tensor that nobody knows', async () => {
    expect(await refusalOf(changed(family, { novelty: u32(1) }))).toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('.novelty"'),
    });
    const novelty = { ...file.tensors[0]!, name: 'blk.0.novelty.weight' };
    expect(await refusalOf(changed(family, {}, (all) => [...all, novelty]))).toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('"blk.0.novelty.weight"'),
    });
  });

  test('needs every tensor but types of tokens', async () => {
    for (const { name } of file.tensors.filter(({ name }) => name !== 'token_types.weight'))
      expect(
        await refusalOf(changed(family, {}, (all) => all.filter((tensor) => tensor.name !== name))),
        name,
      ).toMatchObject({ code: 'bad-model' });
  });

  test('says by its pooling what a text becomes', async () => {
    for (const [type, pooling] of [undefined, 'mean', 'first', 'last'].entries()) {
      if (!pooling) continue;
      const { config } = await read(changed(family, { pooling_type: u32(type) }));
      expect(config.pooling).toBe(pooling);
      expect(config.hasCache).toBe(config.isCausal && pooling === 'last');
    }
  });

  test.each([
    { why: 'that ranks texts', type: 4, says: 'is 4, of models that rank texts' },
    { why: 'of a kind that nobody knows', type: 9, says: 'is 9' },
  ])('is not understood with a pooling $why', async ({ type, says }) => {
    expect(await refusalOf(changed(family, { pooling_type: u32(type) }))).toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining(says),
    });
  });
});

describe.each([...files.keys()].filter((family) => CONVERSIONS[family]!.isEncoder))(
  'an encoder, %s,',
  (family) => {
    test('reads both ways, whether its file says so or not', async () => {
      expect((await read(changed(family, { 'attention.causal': undefined }))).config.isCausal).toBe(false);
      expect(await refusalOf(changed(family, { 'attention.causal': bool(true) }))).toMatchObject({
        code: 'unsupported-model',
        message: expect.stringContaining('attention.causal" is true'),
      });
    });

    test.each([undefined, u32(0)])('has to say how a text becomes a vector (%o)', async (pooling_type) => {
      expect(await refusalOf(changed(family, { pooling_type }))).toMatchObject({
        code: 'unsupported-model',
        message: expect.stringMatching(/no ".*pooling_type"/),
      });
    });
  },
);

test('a decoder that reads both ways makes vectors, and only those', async () => {
  const { config } = await read(changed('qwen3', { 'attention.causal': bool(false) }));
  expect(config).toMatchObject({ isCausal: false, hasCache: false });
  const refusal = await refusalOf(
    changed('qwen3', { 'attention.causal': bool(false), pooling_type: u32(0) }),
  );
  expect(refusal).toMatchObject({ code: 'unsupported-model' });
});

test('one type of tokens may be written without the length of 1', async () => {
  const types = (shape: number[]) => (all: Converted['tensors']) =>
    all.map((tensor) =>
      tensor.name === 'token_types.weight'
        ? { ...tensor, shape, data: tensor.data.slice(0, 48 * 4) }
        : tensor,
    );
  for (const shape of [[48], [48, 1]]) {
    const file = changed('bert', {}, types(shape));
    const metadata = { ...file.metadata, 'tokenizer.ggml.token_type_count': u32(1) };
    expect((await read({ ...file, metadata })).config.tokenTypes).toBe(1);
  }
});

test('maps of a vector have to fit it and each other', async () => {
  const { config } = await read(files.get('gemma3_text')!);
  expect(config).toMatchObject({ vectorDim: 24, projectedDim: 96 });
  for (const key of ['dense_2_feat_in', 'dense_3_feat_in'])
    expect(await refusalOf(changed('gemma3_text', { [key]: u32(7) }))).toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('do not fit'),
    });
});
