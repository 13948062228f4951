// Embeddings with nothing standing in: the built extension, the real engine, a tiny model, OpenAI's own client.
import { resolve } from 'node:path';
import type { OpenAI as Client } from 'openai';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { tinyBert } from '../golden/embeddings/tiny-bert.ts';
import { bundle } from './bundle.ts';
import { Harness } from './harness.ts';

declare const OpenAI: typeof Client;
declare let client: Client;

const bert = tinyBert();
const inputs = bert.texts.map(({ ids }) => ids);

let harness: Harness;
let page: Page;
let model: string;

beforeAll(async () => {
  await buildExtension();
  harness = await Harness.launch(resolve(root, DIST), {
    '/sdk.js': { body: await bundle('openai-sdk.ts'), headers: { 'content-type': 'text/javascript' } },
    '/sdk': { body: '<!doctype html><script src="/sdk.js"></script>' },
  });
  await harness.call('background', 'wake');
  model = await harness.importFile('tiny-bert.gguf', bert.bytes);
  const { origin } = new URL(harness.url('http://a.localhost/sdk'));
  await harness.call('background', 'decide', { origin, models: ['hearthside', model], decision: 'allow' });
  page = await harness.open('http://a.localhost/sdk');
  await page.evaluate(() => {
    client = new OpenAI({
      baseURL: 'https://hearth.local/v1',
      apiKey: 'none',
      fetch: hearth!.fetch,
      dangerouslyAllowBrowser: true,
    });
  });
});
afterAll(() => harness?.close());

test('OpenAI’s client gets the vectors that transformers makes, of length 1, as numbers and in base64', async () => {
  const answers = await page.evaluate(
    async ([model, input]) =>
      Promise.all(
        // Without a format it asks for base64, and decodes it
        [undefined, 'float' as const].map((encoding_format) =>
          client.embeddings.create({ model, input, ...(encoding_format ? { encoding_format } : {}) }),
        ),
      ),
    [model, inputs] as const,
  );
  const tokens = inputs.reduce((sum, { length }) => sum + length, 0);
  for (const { object, data, usage, ...rest } of answers) {
    expect({ object, model: rest.model }).toEqual({ object: 'list', model });
    expect(usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
    expect(data.map(({ index }) => index)).toEqual(inputs.map((_, i) => i));
    for (const [i, { vector }] of bert.texts.entries()) {
      const length = Math.hypot(...vector);
      const differences = data[i]!.embedding.map((value, at) => value - vector[at]! / length);
      expect(Math.hypot(...differences)).toBeLessThan(1e-4);
    }
  }
});

test('hearth.embed gives Float32Arrays of texts, tells how far it is, and cuts', async () => {
  const got = await page.evaluate(async (model) => {
    const done: number[] = [];
    const input = Array.from({ length: 200 }, (_, i) => `the warm house ${i}`);
    const { vectors, usage } = await hearth!.embed({
      model,
      input,
      dimensions: 8,
      onProgress: ({ doneTexts }) => done.push(doneTexts),
    });
    return {
      areFloats: vectors.every((vector) => vector instanceof Float32Array && vector.length === 8),
      lengths: vectors.map((vector) => Math.hypot(...vector)),
      usage,
      done,
    };
  }, model);
  expect(got.areFloats).toBe(true);
  for (const length of got.lengths) expect(length).toBeCloseTo(1, 5);
  expect(got.usage.prompt_tokens).toBeGreaterThan(200 * 5);
  expect(got.done).toEqual([...got.done].sort((a, b) => a - b));
});

test('the list of models says what each can do', async () => {
  const { data } = await page.evaluate(() => hearth!.models.list());
  expect(data).toContainEqual(
    expect.objectContaining({ id: model, embeddings: true, dimensions: 48, chat: false }),
  );
  expect(data).toContainEqual(
    expect.objectContaining({ id: 'hearthside', embeddings: false, dimensions: null, chat: true }),
  );
});

test('errors are the SDK’s own: a model of the other kind, a field, a text that is too long', async () => {
  const failures = await page.evaluate(async (model) => {
    const told = (error: { status: number; code: string; param: string; message: string }) => ({
      status: error.status,
      code: error.code,
      param: error.param,
      message: error.message,
    });
    return Promise.all([
      client.embeddings.create({ model: 'hearthside', input: 'x' }).catch(told),
      client.chat.completions.create({ model, messages: [{ role: 'user', content: 'x' }] }).catch(told),
      client.embeddings.create({ model, input: ['x', ''] }).catch(told),
      client.embeddings.create({ model, input: 'warm '.repeat(100) }).catch(told),
    ]);
  }, model);
  expect(failures).toMatchObject([
    { status: 400, code: 'bad-input', message: expect.stringContaining('makes no embeddings') },
    { status: 400, code: 'bad-input', message: expect.stringContaining('writes no text') },
    { status: 400, code: 'bad-input', param: 'input' },
    { status: 400, code: 'too-long', message: expect.stringContaining('Input 0 has 102 tokens') },
  ]);
});

test('an aborted request rejects at once and leaves nothing running', async () => {
  const name = await page.evaluate((model) => {
    const abort = new AbortController();
    const request = hearth!.embed({
      model,
      input: Array.from({ length: 2000 }, (_, i) => `fire ${i}`),
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    return request.then(
      () => 'answered',
      (error) => error.name,
    );
  }, model);
  expect(name).toBe('AbortError');
  await expect.poll(async () => (await harness.status()).running.length).toBe(0);
});

test('a site that the user has not allowed the model is told nothing of it', async () => {
  const other = await harness.open('http://b.localhost/sdk');
  const asked = other.evaluate(
    (model) =>
      hearth!.embed({ model, input: 'fire' }).then(
        () => 'answered',
        (error) => error.code,
      ),
    model,
  );
  await harness.answer('Block');
  expect(await asked).toBe('not-allowed');
});
