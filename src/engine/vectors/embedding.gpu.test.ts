// Embedding models as the engine runs them, beside models that write.
import { beforeEach, expect, test } from 'vitest';
import { tinyBert } from '../../../test/golden/embeddings/tiny-bert.ts';
import { openInstance, relativeError } from '../../../test/gpu.ts';
import { randomModel } from '../../cli/random-model.ts';
import type { EmbedInput } from '../../protocol/embed.ts';
import { GREEDY } from '../../protocol/generate.ts';
import { systemClock } from '../clock.ts';
import { EmbeddingModel } from './embedding-model.ts';
import { Engine } from '../engine.ts';
import { Governor } from '../schedule/governor.ts';
import { Gpu } from '../gpu/gpu.ts';
import { readModelFile } from '../model-file.ts';

const bert = tinyBert();
const FILES: Record<string, Uint8Array> = { bert: bert.bytes, text: randomModel('tiny', 'Q8_0') };

function open({ hasGpu = true } = {}) {
  const engine = new Engine({
    gpu: hasGpu ? openInstance() : undefined,
    clock: systemClock,
    async open(id) {
      const bytes = FILES[id]!;
      return {
        source: { size: bytes.length, read: async (at, length) => bytes.slice(at, at + length) },
        name: id,
      };
    },
    openWasm: async () => {
      throw new Error('A model that makes vectors is not opened there.');
    },
  });
  const embed = (input: Partial<EmbedInput>, signal = new AbortController().signal) =>
    engine.embed(
      {
        model: 'bert',
        inputs: ['the house'],
        dimensions: undefined,
        normalise: false,
        origin: 'https://a.example',
        lane: 'interactive',
        ...input,
      },
      async () => {},
      signal,
    );
  return { engine, embed };
}

/** One device for most tests, since a software adapter takes seconds to compile the kernels. */
const { engine, embed } = open();

beforeEach(async () => {
  await engine.configure({ caps: { gpuPercent: 100, memoryBytes: 1e9 }, defaultModel: 'text' });
  for (const { id } of engine.status().loaded) await engine.unload(id);
});

const generate = (model: string) =>
  engine.generate(
    {
      model,
      prompt: { kind: 'ids', ids: [1, 2, 3] },
      maxTokens: 8,
      sampling: GREEDY,
      stop: [],
      origin: 'https://b.example',
      lane: 'interactive',
    },
    async () => {},
    new AbortController().signal,
  );

test('ids are taken as they are, and a text is the ids that its tokenizer makes of it', async () => {
  const ids = await embed({ inputs: bert.texts.map((text) => text.ids) });
  for (const [i, { vector }] of bert.texts.entries())
    expect(relativeError(ids.vectors[i]!, vector)).toBeLessThan(1e-5);

  const text = await embed({ inputs: ['The warm  house?'] });
  const tokens = bert.idsOf(['[CLS]', '▁the', '▁warm', '▁house', '▁?', '[SEP]']);
  expect(text.usage).toEqual({ promptTokens: tokens.length });
  expect(text.vectors).toEqual((await embed({ inputs: [tokens] })).vectors);
  // A control token that a page writes is text
  expect((await embed({ inputs: ['[SEP]'] })).usage.promptTokens).not.toBe(3);
});

test('vectors are cut, then scaled, as is asked for; more values than there are is refused', async () => {
  const whole = (await embed({})).vectors[0]!;
  const [cut] = (await embed({ dimensions: 8, normalise: true })).vectors;
  const length = Math.hypot(...whole.slice(0, 8));
  expect(
    relativeError(
      cut!,
      whole.slice(0, 8).map((value) => value / length),
    ),
  ).toBeLessThan(1e-6);
  await expect(embed({ dimensions: 49 })).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('48'),
  });
});

test('each kind of model says what it does not make, before it is loaded and after', async () => {
  for (const isLoaded of [false, true]) {
    await expect(embed({ model: 'text' })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/writes text and makes no embeddings/),
    });
    await expect(generate('bert')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/makes embeddings and writes no text/),
    });
    expect(engine.status().loaded).toHaveLength(isLoaded ? 2 : 0);
    await engine.load('text');
    await engine.load('bert');
  }
});

test('the list of models says what each can do, loaded or not', async () => {
  const expected = [
    { id: 'bert', chat: false, dimensions: 48, contextLength: 64 },
    { id: 'text', dimensions: undefined },
  ];
  expect(await engine.summaries(['bert', 'text'])).toMatchObject(expected);
  await engine.load('bert');
  expect(await engine.summaries(['bert', 'text'])).toMatchObject(expected);
});

test('answers and vectors of several sites are made at the same time', async () => {
  const inputs = Array.from({ length: 40 }, (_, i) => bert.texts[i % bert.texts.length]!.ids);
  const [answer, { vectors }] = await Promise.all([generate('text'), embed({ inputs })]);
  expect(answer.usage.completionTokens).toBe(8);
  for (const [i, vector] of vectors.entries())
    expect(relativeError(vector, bert.texts[i % bert.texts.length]!.vector)).toBeLessThan(1e-5);
});

test('an embedding model takes part in the memory cap, and has no cache', async () => {
  await embed({});
  const [loaded] = engine.status().loaded;
  expect(loaded).toMatchObject({ id: 'bert', kvBytes: 0 });
  expect(engine.status().memoryBytes).toBe(loaded!.weightsBytes + loaded!.activationsBytes);
  await engine.configure({ caps: { gpuPercent: 100, memoryBytes: 1000 }, defaultModel: 'bert' });
  expect(engine.status().loaded).toEqual([]);
  await expect(embed({})).rejects.toMatchObject({ code: 'out-of-memory' });
});

test('a device lost in the middle of a request is opened again, and no vector is lost', async () => {
  const { bytes } = bert;
  const source = {
    size: bytes.length,
    read: async (at: number, length: number) => bytes.slice(at, at + length),
  };
  const opened: Gpu[] = [];
  const model = await EmbeddingModel.load({
    device: {
      async open() {
        const gpu = await Gpu.open(openInstance());
        opened.push(gpu);
        return gpu;
      },
    },
    file: await readModelFile(source),
    source,
    clock: systemClock,
    governor: new Governor(systemClock),
    sizes: { budgetBytes: 2 ** 32, slots: 2 },
  });
  const texts = Array.from({ length: 20 }, (_, i) => bert.texts[i % bert.texts.length]!.ids);
  const vectors = await model.embed(
    { texts, origin: 'https://a.example', lane: 'interactive' },
    (done) => done === 5 && opened[0]!.device.destroy(),
    new AbortController().signal,
  );
  await model.dispose();
  expect(opened).toHaveLength(2);
  for (const [i, vector] of vectors.entries())
    expect(relativeError(vector, bert.texts[i % bert.texts.length]!.vector)).toBeLessThan(1e-5);
});

test('without a GPU a sentence says that embeddings need one', async () => {
  const { embed } = open({ hasGpu: false });
  await expect(embed({})).rejects.toMatchObject({
    code: 'no-device',
    message: expect.stringMatching(/embeddings.*only on a GPU/),
  });
});
